import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { SessionEvent, SessionEvents } from "../../../src/config/types.ts";
import { createSessionClass } from "../../../src/objects/session/session-object.ts";
import type { Change } from "../../../src/session/change.ts";
import { changeAt, refTo } from "../../support/sessions.ts";
import { at, T0 } from "../../support/time.ts";
import { beginSession, commit, id, now, object, setTime } from "./stored-session.ts";

interface SessionCalls {
  commit(asked: { ref: ReturnType<typeof refTo>; change: Change }): Promise<unknown>;
}

beforeEach(beginSession);
afterEach(() => vi.useRealTimers());

describe("the hook of a library user", () => {
  /** An object with a hook, on the storage of the session's own object. */
  const withHook = <T>(events: SessionEvents, work: (own: { alarm(): Promise<void> } & SessionCalls) => Promise<T>) =>
    runInDurableObject(object(), (_, state) => work(new (createSessionClass({ events }))(state, env) as never));
  const ask = (asked: Partial<Change>) => ({ ref: refTo(id, now), change: changeAt(now, asked) });

  it("is told of each stored change, at once and by the alarm, and of no value", async () => {
    const events: SessionEvent[] = [];
    await withHook(
      (event) => void events.push(event),
      async (own) => {
        await own.commit(ask({ patches: [{ secret: "value" }] }));
        await own.commit(ask({ principal: "alice" }));
        setTime(at(600));
        await own.alarm();
        await own.alarm();
      },
    );
    const session = id.slice(0, 8);
    expect(events).toEqual([
      { kind: "created", session, at: T0 },
      { kind: "rotated", session, at: T0 },
      { kind: "principal-changed", session, at: T0 },
      { kind: "ended", session, at: at(600), reason: "idle" },
    ]);
  });

  it("is told of an end that leaves no tombstone, once", async () => {
    const events: SessionEvent[] = [];
    await commit({ patches: [{}], touch: true });
    setTime(at(3_500));
    await commit({ touch: true });
    setTime(at(7_460));
    await withHook(
      (event) => void events.push(event),
      async (own) => {
        await own.alarm();
        await own.alarm();
      },
    );
    expect(events).toEqual([{ kind: "ended", session: id.slice(0, 8), at: at(7_460), reason: "idle" }]);
  });

  it.each<[string, SessionEvents]>([
    [
      "throws",
      () => {
        throw new Error("broken hook");
      },
    ],
    ["rejects", () => Promise.reject(new Error("broken hook"))],
  ])("that %s is logged, and spoils nothing", async (_how, events) => {
    const log = vi.spyOn(console, "warn").mockImplementation(() => {});
    const answer = await withHook(events, (own) => own.commit(ask({ patches: [{ a: 1 }] })));
    await runInDurableObject(object(), () => {});
    const told = log.mock.calls.map(([entry]) => JSON.parse(entry));
    log.mockRestore();
    expect(answer).toMatchObject({ kind: "committed" });
    expect(told).toContainEqual({ event: "internal_error", reason: "Error: broken hook" });
  });
});
