// Owns: how tests run. Two workers share the real servers that `test/support/global-setup.ts`
// starts once; every test makes its own databases there, so files may run side by side.

import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Minutes each: begun last, one of them would keep one worker busy while the other has no work. */
const longest = [
  "test/corpus.test.ts",
  "test/crash.test.ts",
  "test/prove/prove.test.ts",
  "test/guard/crash.test.ts",
  "test/notify/delay.test.ts",
  "test/notify/delivery.test.ts",
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const index = longest.findIndex((path) => moduleId.endsWith(path));
      return index < 0 ? longest.length : index;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts", "tools/**/*.test.ts"],
    globalSetup: ["test/support/global-setup.ts"],
    pool: "forks",
    sequence: { sequencer: LongestFirst },
    maxWorkers: 2,
    // Corpus runs replay hundreds of migrations; a hang is still found the same day.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    teardownTimeout: 30_000,
  },
});
