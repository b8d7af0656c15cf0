/** The configurations in docs/guide, each made whole: the pages show only the settings that they are about. */
import { defineConfig } from "../../../src/config/define.ts";
import type { OriginConfig, PoolConfig } from "../../../src/config/pool-types.ts";

const origins: OriginConfig[] = ["a", "b", "c", "d", "e"].map((id) => ({ id, url: `https://${id}.internal` }));
const pool = (id: string): PoolConfig => ({ id, origins });

export const routing = defineConfig({
  pools: ["canary", "writes", "files", "blue", "green"].map(pool),
  routes: [
    { host: "*.shop.example.com", path: "/*", headers: [{ name: "X-Canary", value: "yes" }], pool: "canary" },
    { path: "/api/*", methods: ["POST", "PUT"], pool: "writes", attemptDeadlineMs: 60_000 },
    { path: "/assets/*", pool: "files", session: false },
    {
      path: "/*",
      pool: [
        { id: "blue", weight: 95 },
        { id: "green", weight: 5 },
      ],
    },
  ],
});

export const health = defineConfig({
  pools: [
    {
      id: "shop",
      outlierDetection: { consecutive5xx: 5, successRate: {}, maxEjectionPercent: 50 },
      panicThresholdPercent: 50,
      origins,
    },
  ],
});

export const probes = defineConfig({
  pools: [
    {
      id: "shop",
      healthCheck: {
        path: "/health",
        intervalSeconds: 10,
        timeoutMs: 2_000,
        unhealthyThreshold: 3,
        healthyThreshold: 2,
      },
      origins,
    },
  ],
});

export const zones = defineConfig({
  pools: [
    {
      id: "shop",
      origins: [
        { id: "eu-1", url: "https://eu-1.internal", region: "weur" },
        { id: "eu-2", url: "https://eu-2.internal", region: "weur" },
        { id: "us-1", url: "https://us-1.internal", region: "enam" },
      ],
    },
  ],
});

export const retries = defineConfig({
  pools: [pool("shop")],
  routes: [
    {
      path: "/search/*",
      pool: "shop",
      retryOn: ["connect-failure", "reset", "timeout", "gateway-error"],
      retryOrigins: 2,
    },
  ],
});

export const hedging = defineConfig({
  pools: [pool("files")],
  routes: [{ path: "/assets/*", pool: "files", session: false, hedgeAfterMs: 200 }],
});

export const learning = defineConfig({
  pools: [
    {
      id: "legacy",
      learn: { cookie: "JSESSIONID" },
      origins: [
        { id: "a", url: "https://a.internal", route: "node1" }, // jvmRoute="node1"; default: the id
        { id: "b", url: "https://b.internal", route: "node2" },
      ],
    },
  ],
  routes: [{ path: "/*", pool: "legacy", session: false }], // affinity only: no session of Moor's, no handoff
});
