import { describe, expect, it } from "vitest";
import { resolveSession } from "../../src/config/defaults.ts";
import { changeNow, unattended } from "../../src/session/change.ts";
import { createBreakers } from "../../src/store/breakers.ts";
import { bindCookieSessions, type CookieSessionsEnv } from "../../src/wiring/cookie-sessions.ts";

const ID = "Zk0V0Fh0cX5sVnq0yq0nCw";
const ring = { MOOR_CLIENT_KEYS: `1:${"A".repeat(43)}` };
const redis = { UPSTASH_REDIS_REST_URL: "https://redis.test", UPSTASH_REDIS_REST_TOKEN: "secret" };
const namespace = () => {
  const values = new Map<string, string>();
  return {
    values,
    get: async (key: string) => values.get(key) ?? null,
    put: async (key: string, value: string) => void values.set(key, value),
  };
};
const bind = (env: CookieSessionsEnv, revocation: "kv" | "redis") =>
  bindCookieSessions(
    env,
    { type: "cookie", revocation },
    resolveSession(),
    createBreakers(() => {}),
  );

/** The keys that other parts of the Worker have. */
const others = { MOOR_TOKEN_KEYS: `1:${"A".repeat(43)}`, MOOR_STORE_KEYS: `1:${"A".repeat(43)}` };

describe("sessions in cookies are bound", () => {
  it.each<[string, CookieSessionsEnv, "kv" | "redis", string]>([
    ["without keys", { SESSION_REPLICAS: namespace() }, "kv", "MOOR_CLIENT_KEYS is not set"],
    [
      "with the keys of tokens, which make no sessions",
      { ...others, SESSION_REPLICAS: namespace() },
      "kv",
      "MOOR_CLIENT_KEYS is not set",
    ],
    ["without KV", ring, "kv", "SESSION_REPLICAS is not bound"],
    ["without Redis", ring, "redis", "UPSTASH_REDIS_REST_URL is not set"],
    [
      "without the token of Redis",
      { ...ring, ...redis, UPSTASH_REDIS_REST_TOKEN: "" },
      "redis",
      "UPSTASH_REDIS_REST_TOKEN is not set",
    ],
  ])("not %s", (_what, env, revocation, message) => {
    expect(() => bind(env, revocation)).toThrow(message);
  });

  it("with Redis, which is asked by a request alone", () => {
    expect(bind({ ...ring, ...redis }, "redis").authority.name).toBe("cookie");
  });
});

describe("without a request of its browser", () => {
  it("a session cannot be reached, and is not taken for missing", async () => {
    const { authority, unattended: operators } = bind({ ...ring, SESSION_REPLICAS: namespace() }, "kv");
    const ref = unattended(ID, 0);
    const change = changeNow({ end: true }, { clock: Date.now, policy: resolveSession() });
    expect(await authority.read(ref, 0)).toMatchObject({ kind: "unavailable" });
    expect(await authority.commit(ref, change)).toMatchObject({ kind: "unavailable" });
    expect(await operators.look(ID)).toMatchObject({ kind: "unavailable" });
  });

  it("an operator can end it", async () => {
    const kv = namespace();
    const { unattended: operators } = bind({ ...ring, SESSION_REPLICAS: kv }, "kv");
    expect(await operators.end(ID)).toEqual({ kind: "ended" });
    expect([...kv.values.keys()]).toEqual([`x/${ID}`]);
  });
});
