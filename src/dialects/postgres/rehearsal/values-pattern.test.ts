import { expect, test } from "vitest";
import { textOfLike, textOfPattern } from "./values-pattern.ts";

test.each([
  "^[a-z0-9-]+$",
  "^[^@\\s]+@[^@\\s]+\\.[a-z]{2,}$",
  "^(\\+|00)?[1-9]\\d{6,14}$",
  "^#(?:[0-9a-fA-F]{3}){1,2}$",
  "^v?\\d+\\.\\d+(\\.\\d+)*(-(alpha|beta)\\d*)?$",
  "^[]a-]{2}[\\w.]x?y*$",
  "^[0-9a-f]{64}$",
  "^\\$\\{[A-Z_]+\\}$",
])("text of the pattern %s", (pattern) => {
  const texts = Array.from({ length: 40 }, (_, index) => textOfPattern(pattern, index));
  // A bracket first in its class stands for itself, but not to JavaScript.
  const expression = new RegExp(pattern.replace("[]", "[\\]"));
  for (const text of texts) expect(text).toMatch(expression);
  expect(new Set(texts).size).toBeGreaterThan(4);
});

test("classes and options that JavaScript does not know", () => {
  expect(textOfPattern("(?i)^[[:upper:]][[:digit:]_]{3}$", 1)).toMatch(/^[A-Z][0-9_]{3}$/);
});

test("text of LIKE patterns", () => {
  expect(textOfLike("%@_.%", 3)).toBe("x3@x.x3");
  expect(textOfLike("10\\%", 3)).toBe("10%");
});
