import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import { type MiddlewareConfig, moor } from "../../src/hono/index.ts";

describe("moor()", () => {
  it.each<[unknown, string]>([
    [{ pools: [] }, "pools: found an unknown key, accepted: one of the keys session, ignore, carriers,"],
    [{ session: { idleSeconds: 1 } }, "session.idleSeconds: found 1, accepted:"],
    [{ session: { idleSeconds: 90, absoluteSeconds: 60 } }, "session.absoluteSeconds: found 60, accepted: 90 to"],
    [{ freshness: "never" }, 'freshness: found "never", accepted: one of bounded, strict'],
    [{ stores: { strictBackup: true } }, "stores.strictBackup: found true"],
    [{ carriers: [{ type: "url" }, { type: "cookie" }] }, 'carriers[0]: found "url" before another carrier'],
    [{ principals: { limit: { onTooMany: "refuse" } } }, "principals.limit.sessions: found nothing"],
    [null, "the configuration: found null"],
  ])("refuses %j when it is made, and says what is accepted", (config, message) => {
    expect(() => moor(config as MiddlewareConfig)).toThrow(TypeError);
    expect(() => moor(config as MiddlewareConfig)).toThrow(message);
  });

  it("lists every mistake", () => {
    const wrong = { onStale: "maybe", session: { graceSeconds: -1 } } as unknown as MiddlewareConfig;
    expect(() => moor(wrong)).toThrow(/session\.graceSeconds: .*\nonStale: /);
  });

  it("takes nothing for some paths but how they are handled", () => {
    const sessions = moor();
    expect(() => sessions.with({ stores: {} } as object)).toThrow("stores: found an unknown key, accepted: one of");
    expect(() => sessions.with({ lockWaitMs: -1 })).toThrow("lockWaitMs: found -1");
    expect(sessions.with({ freshness: "strict" })).toBeTypeOf("function");
  });

  it("tells a Worker without bindings what is missing, in the log alone", async () => {
    const app = new Hono().use(moor()).get("/", (c) => c.text("reached"));
    const answer = await app.request("/", { headers: { Accept: "application/json" } }, {});
    expect(answer.status).toBe(500);
    expect(await answer.json()).toMatchObject({ code: "not_configured" });
  });
});
