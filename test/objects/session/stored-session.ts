import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { vi } from "vitest";
import { createObjectAuthority } from "../../../src/objects/clients/session-client.ts";
import type { Change } from "../../../src/session/change.ts";
import type { SessionRecord } from "../../../src/session/record.ts";
import { changeAt, refTo, uniqueId } from "../../support/sessions.ts";
import { T0 } from "../../support/time.ts";

export const authority = createObjectAuthority(env.SESSION_OBJECT);
/** The id of the session of the current test. */
export let id: string;
/** The time of the current test, milliseconds. */
export let now: number;

/** Begins a session with an object of its own at {@link T0}. Only `Date` is replaced by a fake. */
export function beginSession(): void {
  id = uniqueId();
  vi.useFakeTimers({ toFake: ["Date"] });
  setTime(T0);
}

/** Moves the time of the current test, and with it `Date`. */
export function setTime(time: number): void {
  now = time;
  vi.setSystemTime(time);
}

export const object = () => env.SESSION_OBJECT.getByName(id);
export const read = (generation = 0) => authority.read(refTo(id, now, generation), now);
export const commit = (asked: Partial<Change>, generation = 0) =>
  authority.commit(refTo(id, now, generation), changeAt(now, asked));
/** Rings the alarm of the object, and resolves with whether one was set. */
export const ring = () => runDurableObjectAlarm(object());
/** The contents of the storage of the session's object. */
export const stored = () =>
  runInDurableObject(object(), async (_, { storage }) => ({
    record: storage.kv.get<SessionRecord>("record"),
    keys: [...storage.kv.list()].map(([key]) => key),
    alarm: await storage.getAlarm(),
  }));
