import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig, type TestProjectConfiguration } from "vitest/config";
import { skipWithoutPackages } from "./test/support/node/packages.ts";
import {
  filesForAnyAuthority,
  filesForAnyFallback,
  filesForAnyRuntime,
  filesWithoutLogin,
  quickFiles,
} from "./test/support/node/quick.ts";

/** Tests that start processes (workerd, origins, the command, Chromium). All other tests run inside workerd. */
const inNode = ["applications", "bench", "bin", "conformance", "demo", "examples", "fuzz", "prose", "sim", "torture"]
  .map((folder) => `test/${folder}/**/*.test.ts`)
  // The folders in test/sdk are for the library in workerd; its files are for the drop-ins.
  .concat("test/sdk/*.test.ts");
const quick = quickFiles(inNode);

process.env.WRANGLER_SEND_METRICS ??= "false";
// wrangler warns, for each file, of required secrets that are not set; tests make rings of their own.
process.env.MOOR_TOKEN_KEYS ??= "unused";
process.env.MOOR_HANDOFF_KEYS ??= "unused";
// The objects under test seal with it.
process.env.MOOR_STORE_KEYS ??= `1:${"A".repeat(43)}`;

/** What projects of tests that run in Node differ in. */
interface NodeProject {
  readonly include: string[];
  readonly exclude?: string[];
  /** The authority of every Moor that the tests start. Default: Durable Objects. */
  readonly authority?: keyof typeof SERVERS;
  /** How the Redis behind the Durable Objects of these tests is reached. Default: over the REST protocol of Upstash. */
  readonly fallback?: "redis-tcp";
  /** `"serve"`: every Moor that the tests start is a `moor serve`. Default: the Worker of a deploy. */
  readonly runtime?: "serve";
}

/** The Debian packages of the authorities that are no Durable Objects. */
const SERVERS = {
  redis: ["redis-server"],
  "redis-tcp": ["redis-server"],
  postgres: ["postgresql"],
  cookie: [],
} as const;

/** A project of tests that run in Node. */
function nodeProject(
  name: string,
  { include, exclude = [], authority, fallback, runtime }: NodeProject,
): TestProjectConfiguration {
  return {
    plugins: [skipWithoutPackages(process.env, authority ? [...SERVERS[authority]] : [])],
    test: {
      name,
      include,
      exclude,
      env: {
        ...(authority && { MOOR_TEST_AUTHORITY: authority }),
        ...(fallback && { MOOR_TEST_FALLBACK: fallback }),
        ...(runtime && { MOOR_TEST_RUNTIME: runtime }),
      },
      globalSetup: "./test/support/node/build-worker.ts",
      // These limits end a test that hangs. No test relies on them, so they are long enough for a busy machine.
      testTimeout: 180_000,
      hookTimeout: 300_000,
      expect: { poll: { timeout: 60_000 } },
    },
  };
}

export default defineConfig({
  test: {
    projects: [
      {
        plugins: [cloudflareTest({ wrangler: { configPath: "./wrangler.toml" } })],
        test: {
          name: "workerd",
          include: ["test/**/*.test.ts"],
          exclude: inNode,
          // A workerd of its own for each file would take longer to start than most files take to run.
          isolate: false,
          // A loaded machine may take long over the properties, and these tests get one try.
          testTimeout: 60_000,
        },
      },
      nodeProject("node-quick", { include: quick }),
      nodeProject("node-slow", { include: inNode, exclude: quick }),
      nodeProject("node-redis-tcp", { include: filesForAnyFallback(inNode), fallback: "redis-tcp" }),
      nodeProject("node-redis", { include: filesForAnyAuthority(inNode), authority: "redis" }),
      nodeProject("node-cookie", { include: filesWithoutLogin(inNode), authority: "cookie" }),
      nodeProject("node-postgres", { include: filesForAnyAuthority(inNode), authority: "postgres" }),
      nodeProject("node-serve-redis", {
        include: filesForAnyRuntime(inNode),
        authority: "redis-tcp",
        runtime: "serve",
      }),
      nodeProject("node-serve-postgres", {
        include: filesForAnyRuntime(inNode),
        authority: "postgres",
        runtime: "serve",
      }),
    ],
  },
});
