import { expect, test } from "vitest";
import type { IncidentReport } from "../../app/report.ts";
import { incidentsAsHtml } from "./incident-html.ts";

const at = (seconds: number) => new Date(Date.UTC(2026, 10, 30, 1, 0, seconds)).toISOString();
const incident: IncidentReport = {
  ...{ watch: 7, outcome: "rolledBack", why: "shop and notes agree", action: "rollback" },
  times: {
    ...{ fault: at(10), detected: at(11), decided: at(11), rolledBack: at(12) },
    ...{ verified: at(13), closed: at(14) },
  },
  figures: { mttd: 1_000, mttr: 2_000, mttc: 3_000 },
  ...{ versions: ["0002"], conflicts: 0 },
  reasons: [
    {
      ...{ signal: "<shop>", detail: 'says "500" & more', attributed: false },
      falseAlarms: "none in 1,000 watches",
      series: [
        [Date.parse(at(8)), 0, "ok"],
        [Date.parse(at(9)), null, "unknown"],
        [Date.parse(at(10)), 3, "bad"],
        [Date.parse(at(11)), 5, "bad"],
      ],
    },
  ],
  checks: [{ name: "catalog", passed: true, detail: "as before" }],
};

test("an incident as a page that needs nothing else", () => {
  const html = incidentsAsHtml([incident]);
  expect(html).not.toMatch(/<script|src=|href="http|@import/);
  expect(html).toContain("&lt;shop&gt;");
  expect(html).toContain("says &quot;500&quot; &amp; more");
  expect(html.match(/class="bad"/g)).toHaveLength(2);
  expect(html.match(/class="gap"/g)).toHaveLength(1);
  expect(html).toContain("verified (MTTC)<td>3.0 s");
  expect(html).not.toContain("NaN");
});

test("one that nobody knows much about", () => {
  const times = Object.fromEntries(Object.keys(incident.times).map((step) => [step, null]));
  const unknown = {
    ...incident,
    ...{ outcome: null, times: times as unknown as IncidentReport["times"], conflicts: null },
    ...{ reasons: [{ ...incident.reasons[0]!, series: [] }], checks: [] },
  };
  const html = incidentsAsHtml([unknown]);
  expect(html).toContain("not closed");
  expect(html).not.toMatch(/NaN|undefined/);
  expect(incidentsAsHtml([])).toContain("There was no incident.");
});
