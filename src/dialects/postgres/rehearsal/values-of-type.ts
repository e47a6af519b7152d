// Owns: made-up values of any type, as text for its input function.

import type { TypeShape } from "./table-shapes.ts";
import { arrayText, cycling, quoted, type Values } from "./values.ts";
import { scalars } from "./values-scalar.ts";

/** What the making of values depends on besides the type. */
export interface Surroundings {
  /** False: text is limited to ASCII. */
  unicode: boolean;
  /** By oid, of types that only the server knows values of; undefined: there are none to be had. */
  learned: ReadonlyMap<string, Values | undefined>;
}

/** Undefined for a type that nothing is known of. */
export function valuesOf(
  type: TypeShape,
  modifier: number,
  around: Surroundings,
): Values | undefined {
  if (around.learned.has(type.oid)) return around.learned.get(type.oid);
  const inner = () => type.inner && valuesOf(type.inner, type.innerModifier, around);
  switch (type.kind) {
    case "enum":
      return cycling(type.labels);
    case "domain":
      return inner();
    case "array":
      return scalars[type.name]?.(modifier, around.unicode) ?? arrays(type, modifier, around);
    case "range":
      return ranges(type, inner());
    case "multirange":
      return multiranges(inner());
    case "composite":
      return composites(type, around);
    default:
      return scalars[type.name]?.(modifier, around.unicode);
  }
}

/** A domain's or an array's modifier is that of what it is made of. */
function arrays(type: TypeShape, modifier: number, around: Surroundings): Values | undefined {
  const element = type.inner && valuesOf(type.inner, modifier, around);
  if (element === undefined) return undefined;
  const of = (...items: (string | null)[]) => arrayText(items, type.inner?.delimiter);
  const [a, b] = [element.ordinary(0), element.ordinary(1)];
  const [edge = a, other = b] = element.edges;
  const row = of(a, edge);
  const nulls = type.inner?.required ? [] : [of(edge, null, other), of(null)];
  const grid = `{${row}${type.inner?.delimiter ?? ","}${row}}`;
  return {
    ordinary: (index) => of(element.ordinary(2 * index), element.ordinary(2 * index + 1)),
    edges: ["{}", ...nulls, of(...element.edges), grid, `[0:1]=${of(b, a)}`],
  };
}

function composites(type: TypeShape, around: Surroundings): Values {
  const attributes = type.attributes.map((each) => valuesOf(each.type, each.modifier, around));
  const of = (cell: (values: Values) => string | undefined) => {
    const cells = attributes.map((values) => {
      const text = values && cell(values);
      return text === undefined ? "" : quoted(text);
    });
    return `(${cells.join(",")})`;
  };
  const edges = [0, 1, 2].map((place) => of(({ edges: list }) => list[place]));
  return {
    ordinary: (index) => of((values) => values.ordinary(index)),
    edges: type.attributes.some((each) => each.type.required) ? [] : edges,
  };
}

/** Types whose plain values grow with their number, so that they can be bounds of a range. */
const growing = new Set(
  "int2 int4 int8 numeric float4 float8 money date timestamp timestamptz time interval inet".split(
    " ",
  ),
);

function ranges(type: TypeShape, bound: Values | undefined): Values | undefined {
  if (bound === undefined) return undefined;
  const between = (from: number, to: number) =>
    growing.has(type.inner?.name ?? "")
      ? `[${quoted(bound.ordinary(from))},${quoted(bound.ordinary(to))})`
      : `[${quoted(bound.ordinary(from))},${quoted(bound.ordinary(from))}]`;
  const some = quoted(bound.ordinary(3));
  return {
    ordinary: (index) => between(2 * index, 2 * index + 1),
    edges: ["empty", `[${some},)`, "(,)", `(,${some}]`],
  };
}

function multiranges(range: Values | undefined): Values | undefined {
  if (range === undefined) return undefined;
  return {
    ordinary: (index) => `{${range.ordinary(index)}}`,
    edges: ["{}", `{${range.ordinary(0)},${range.ordinary(4)}}`, "{(,)}"],
  };
}
