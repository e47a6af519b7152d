// Owns: what pages that need nothing else have in common.

/** `body` is HTML; the title is escaped. */
export function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${asText(title)}</title><style>${style}</style>
<h1>${asText(title)}</h1>${body}
</html>
`;
}

export function asText(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

const style = `
  body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem;
    color: #1c1c1e; background: #fff }
  table { border-collapse: collapse; width: 100% } td, th { text-align: left; vertical-align: top;
    padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #d8d8dc }
  td { overflow-wrap: anywhere } code, pre { font: 13px/1.45 ui-monospace, monospace }
  pre { white-space: pre-wrap; background: #f4f4f6; padding: .75rem; border-radius: 4px }
  .exact { color: #14713a } .lossy, .irreversible { color: #8a5a00 } .failed { color: #b3261e }
  h2 { font-size: 1.1rem; margin: 2rem 0 .5rem } .muted { color: #66666b }
  @media (prefers-color-scheme: dark) { body { color: #e8e8ea; background: #17171a }
    td, th { border-color: #3a3a40 } pre { background: #222226 } .exact { color: #5fd28c }
    .lossy, .irreversible { color: #e3b04b } .failed { color: #ff8a80 } }`;
