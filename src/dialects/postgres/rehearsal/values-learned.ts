// Owns: values of types that only the server knows: domains with checks, types of extensions that
// `values-scalar.ts` does not name, types that the server may have been built without.

import type { Session } from "../../dialect.ts";
import { literal } from "../names.ts";
import { inHalves, refusalOf } from "./fill-refusal.ts";
import type { Shapes, TypeShape } from "./table-shapes.ts";
import { cycling, type Values } from "./values.ts";
import { hintsOf, mentionedIn } from "./values-hints.ts";
import { type Surroundings, valuesOf } from "./values-of-type.ts";
import { scalars } from "./values-scalar.ts";

/** Tried on types of which nothing is known. */
const anything = [
  ...["1", "0", "a", "(1,2)", "[1,2]", "{1,2}", "{}", "a=>b", "POINT(1 2)", "2024-01-01"],
  ...[
    "00:11:22:33:44:55",
    "10.0.0.1",
    "\\x00",
    "https://example.com/",
    "1.2.3",
    "978-0-393-04002-9",
  ],
];

/** `rows`: how many different values may be wanted of a domain. */
export async function learnValues(
  session: Session,
  shapes: Shapes,
  rows: number,
): Promise<Surroundings> {
  const learned = new Map<string, Values | undefined>();
  const around = { unicode: shapes.unicode, learned };
  for (const type of shapes.types.values()) {
    if (type.kind === "base" && scalars[type.name] === undefined) {
      learned.set(type.oid, await tryAnything(session, type));
    } else if (type.name === "xml" && (await tryAnything(session, type, ["<a/>"])) === undefined) {
      learned.set(type.oid, undefined);
    }
  }
  for (const type of shapes.types.values()) await learnDomain(session, type, around, rows);
  return around;
}

async function tryAnything(session: Session, type: TypeShape, texts = anything) {
  const accepted: string[] = [];
  for (const text of texts) {
    try {
      await session.query(`SELECT CAST(${literal(text)} AS ${type.sql})`);
      accepted.push(text);
    } catch (error) {
      refusalOf(error);
    }
  }
  return cycling(accepted);
}

async function learnDomain(
  session: Session,
  type: TypeShape,
  around: Surroundings & { learned: Map<string, Values | undefined> },
  rows: number,
): Promise<void> {
  const { inner, checks } = type;
  if (type.kind !== "domain" || inner === undefined || around.learned.has(type.oid)) return;
  // What it is made of may be a domain with checks itself.
  await learnDomain(session, inner, around, rows);
  const values = valuesOf(inner, type.innerModifier, around);
  if (checks.length === 0 || values === undefined) return;
  const hints = hintsOf(inner, type.innerModifier, mentionedIn(checks.join(" ")));
  const each = Math.max(20, Math.min(rows, Math.ceil(20_000 / (hints.length + 1))));
  const guesses = [values.ordinary, ...hints].flatMap((guess) =>
    Array.from({ length: each }, (_, index) => guess(index)),
  );
  const sql = `SELECT t.x FROM pg_catalog.unnest($1::pg_catalog.text[]) WITH ORDINALITY t (x, n)
    CROSS JOIN LATERAL (SELECT t.x::${inner.sql}) v (value)
    WHERE ${checks.map((check) => `(${check}) IS NOT FALSE`).join(" AND ")} ORDER BY t.n`;
  const ask = (texts: readonly string[]) => session.query<{ x: string }>(sql, [texts]);
  const passing = async (texts: readonly string[]) =>
    (await inHalves([...new Set(texts)], { left: 100 }, ask)).flat().map(({ x }) => x);
  const [plain, edges] = [await passing(guesses), await passing(values.edges)];
  const cycle = cycling(plain.length > 0 ? plain : edges);
  // None found: the server will say on INSERT which rule it is.
  if (cycle !== undefined) around.learned.set(type.oid, { ...cycle, edges });
}
