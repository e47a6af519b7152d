// Owns: what a JSON text has at a pointer (RFC 6901).

/** Undefined: nothing is there. Throws where the text is no JSON. */
export function atPointer(text: string, pointer: string): unknown {
  let at: unknown = JSON.parse(text);
  for (const part of pointer.split("/").slice(1)) {
    const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Record<string, unknown>)[key];
  }
  return at;
}
