/** The configurations in docs/guide and sdk, each made whole: the pages show only the settings that they are about. */
import { defineConfig } from "../../../src/config/define.ts";
import type { OriginConfig, PoolConfig } from "../../../src/config/pool-types.ts";

const origins: OriginConfig[] = ["a", "b", "c", "d", "e"].map((id) => ({ id, url: `https://${id}.internal` }));
const pool = (id: string): PoolConfig => ({ id, origins });
const [shop, blog] = [origins, origins];

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

export const behindAnotherCdn = defineConfig({
  pools: [pool("shop")],
  trustedProxies: ["203.0.113.0/24", "2001:db8:cd::/48"],
});

export const scriptsOfOtherOrigins = defineConfig({
  pools: [pool("shop")],
  cors: { origins: ["https://app.example.com"], credentials: true },
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

export const loginPool = defineConfig({
  pools: [
    { id: "shop", origins: shop, session: { may: ["patch", "principal", "end"] } },
    { id: "blog", origins: blog, session: { see: ["theme"] } },
  ],
});

export const remembered = defineConfig({
  pools: [pool("shop")],
  session: { idleSeconds: 12 * 60 * 60, remember: { idleSeconds: 30 * 24 * 60 * 60 } },
  routes: [
    { path: "/account/*", pool: "shop", freshness: "strict", session: { idleSeconds: 15 * 60 } },
    { path: "/*", pool: "shop" },
  ],
});

export const loginByProvider = defineConfig({
  pools: [pool("shop")],
  routes: [
    { path: "/login/callback", methods: ["POST"], pool: "shop", crossSite: "repost" },
    { path: "/*", pool: "shop" },
  ],
});

export const refusesStale = defineConfig({
  pools: [pool("shop")],
  routes: [
    { path: "/checkout/*", pool: "shop", onStale: "refuse", freshness: "strict" },
    { path: "/*", pool: "shop" },
  ],
});

export const fromHaproxy = defineConfig({
  pools: [
    {
      id: "shop",
      formerBalancer: { type: "haproxy", cookie: "SERVERID" },
      origins: [
        { id: "a", url: "http://10.0.0.1" }, // the id, or else `route`, is HAProxy's value of the cookie
        { id: "b", url: "http://10.0.0.2" },
      ],
    },
  ],
});

export const affinityAlone = defineConfig({
  pools: [pool("shop")],
  routes: [{ path: "/*", pool: "shop", session: false }],
});

export const cutOver = defineConfig({
  pools: [
    {
      id: "shop",
      origins: origins.map(({ id, url }) => ({ id, url, nginxServer: `${id}.internal:443` })),
      affinity: { algorithm: "nginx-chash", key: "$cookie_sid", cutOver: "2027-01-01T00:00:00Z" },
    },
  ],
});

/** The file that `moor import` has written in docs/guide/migrate.md. */
export default defineConfig({
  pools: [
    {
      id: "shop",
      origins: [
        {
          id: "127.0.0.1-9101",
          url: "http://127.0.0.1:9101",
          nginxServer: "127.0.0.1:9101",
          weight: 2,
        },
        { id: "127.0.0.1-9102", url: "http://127.0.0.1:9102", nginxServer: "127.0.0.1:9102" },
        { id: "127.0.0.1-9103", url: "http://127.0.0.1:9103", nginxServer: "127.0.0.1:9103" },
      ],
      affinity: { algorithm: "nginx-chash", key: "$cookie_sid" },
    },
  ],
});

export const memcachedSessionManager = defineConfig({
  pools: [
    {
      id: "app",
      origins: [
        { id: "a", url: "https://a.internal" },
        { id: "b", url: "https://b.internal" },
      ],
    },
  ],
  routes: [
    { path: "/cart/*", pool: "app", freshness: "strict", locking: "all", lockWaitMs: 1_000, onLockTimeout: "proceed" },
    { path: "/*", pool: "app", freshness: "strict", locking: "writes", lockWaitMs: 1_000, onLockTimeout: "proceed" },
  ],
  ignore: [{ extensions: ["png", "gif", "jpg", "css", "js"] }],
});

export const choosingAStore = defineConfig({
  pools: [pool("shop")],
  stores: { authority: { type: "postgres" } },
});

export const redisCluster = defineConfig({
  pools: [pool("shop")],
  stores: { authority: { type: "redis-tcp", nodes: ["redis-2.example.com:6379", "redis-3.example.com:6379"] } },
});

export const sessionsInCookies = defineConfig({
  pools: [pool("shop")],
  stores: { authority: { type: "cookie", revocation: "kv" } },
});

export const movingIn = defineConfig({
  pools: [
    { id: "new", origins: [{ id: "a", url: "https://a.internal.example.com" }] },
    { id: "old", origins: [{ id: "old", url: "https://old.internal.example.com" }] },
  ],
  routes: [{ path: "/*", pool: "new" }],
  adopt: [
    {
      from: "app",
      cookies: ["connect.sid"],
      confirm: { pool: "old", path: "/moor-adopt" },
      until: "2027-03-01T00:00:00Z",
    },
  ],
});

export const readingOldSessions = defineConfig({
  pools: [{ id: "new", origins: [{ id: "a", url: "https://a.internal.example.com" }] }],
  adopt: [
    {
      from: "express-session",
      cookies: ["connect.sid"],
      store: { type: "connect-redis", prefix: "sess:" },
      principal: "passport.user",
      until: "2027-03-01T00:00:00Z",
    },
  ],
});

export const accessLog = defineConfig({
  pools: [pool("shop")],
  log: {
    requests: "all", // default "failed"
    path: true, // default false: the line has the route, as it is configured
    address: "network", // default "none"; "whole": the whole address
    country: true, // default false
    userAgent: true, // default false
    trace: true, // default false: the id of the trace
  },
});

export const traced = defineConfig({
  pools: [pool("shop")],
  traces: "on",
});

export const toldByWebhook = defineConfig({
  pools: [pool("shop")],
  admin: { webhook: { url: "https://alerts.example.com/moor" } },
});

export const operators = defineConfig({
  pools: [pool("shop")],
  admin: { console: true, host: "admin.example.com" },
});
