import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import { skipWithoutPackages } from "./test/support/node/packages.ts";

/** Tests that start processes (workerd, origins, the command, Chromium); all others run inside workerd. */
const inNode = ["bench", "bin", "conformance", "demo", "examples", "fuzz", "sim", "torture"].map(
  (folder) => `test/${folder}/**/*.test.ts`,
);

process.env.WRANGLER_SEND_METRICS ??= "false";
// wrangler warns, for each file, of required secrets that are not set; tests make rings of their own.
process.env.MOOR_TOKEN_KEYS ??= "unused";
process.env.MOOR_HANDOFF_KEYS ??= "unused";
// The objects under test seal with it.
process.env.MOOR_STORE_KEYS ??= `1:${"A".repeat(43)}`;

export default defineConfig({
  test: {
    projects: [
      {
        plugins: [cloudflareTest({ wrangler: { configPath: "./wrangler.toml" } })],
        // A loaded machine may take long over the properties.
        test: { name: "workerd", include: ["test/**/*.test.ts"], exclude: inNode, testTimeout: 30_000 },
      },
      {
        plugins: [skipWithoutPackages()],
        test: {
          name: "node",
          include: inNode,
          globalSetup: "./test/support/node/build-worker.ts",
          testTimeout: 60_000,
          hookTimeout: 120_000,
          // Breakers and processes take their time to come back, and more of it on a loaded machine.
          expect: { poll: { timeout: 20_000 } },
        },
      },
    ],
  },
});
