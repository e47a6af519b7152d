// Owns: how tests run. Two workers share the real servers that `test/support/global-setup.ts`
// starts once; every test makes its own databases there, so files may run side by side.

import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts", "tools/**/*.test.ts"],
    globalSetup: ["test/support/global-setup.ts"],
    pool: "forks",
    maxWorkers: 2,
    // Corpus runs replay hundreds of migrations; a hang is still found the same day.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    teardownTimeout: 30_000,
  },
});
