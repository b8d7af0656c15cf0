import type { CopyPolicy } from "../../src/objects/session/copies.ts";
import type { LoginProvider } from "../../src/objects/session/login-renewal.ts";
import type { OldSessions } from "../../src/objects/session/owed-end.ts";
import type { Change, Ref } from "../../src/session/change.ts";
import type { JournalEntry } from "../../src/session/journal.ts";
import type { Copies } from "../../src/store/contracts.ts";
import { createAuthorities } from "./authorities.ts";
import { watchedFallback } from "./fallback.ts";
import { changeAt, refTo, uniqueId } from "./sessions.ts";

/** One session, born at the tests' time 0: its authority in memory, and Redis. The clock is `Date`, which the tests set. */
export function oneSession({
  replicas,
  oldSessions,
  loginProvider,
  ...copies
}: Partial<CopyPolicy> & { replicas?: Copies; oldSessions?: OldSessions; loginProvider?: LoginProvider } = {}) {
  const id = uniqueId();
  const redis = watchedFallback();
  const sessions = createAuthorities({ fallback: redis, replicas, oldSessions, loginProvider, copies });
  const ref = (given: Partial<Ref> = {}): Ref => ({ ...refTo(id, Date.now()), ...given });

  return {
    id,
    redis,
    sessions,
    ref,
    read: (given: Partial<Ref> = {}) => sessions.read(ref(given), Date.now()),
    commit: (asked: Partial<Change>, given: Partial<Ref> = {}) =>
      sessions.commit(ref(given), changeAt(Date.now(), asked)),
    renew: (given: Partial<Ref> = {}) => sessions.renew(ref(given)),
    /** Gives a change to the journal just now, past all faults, and returns the entry. */
    async journal(asked: Partial<Change>, given: Partial<Ref> = {}): Promise<JournalEntry> {
      const entry = { ref: ref(given), change: changeAt(Date.now(), asked) };
      const appended = await redis.real.append(entry);
      if (appended.kind !== "appended") throw new Error(`the journal answered ${appended.kind}`);
      return entry;
    },
    /** The content of Redis, past all faults. */
    async held() {
      const found = await redis.real.read(id);
      if (found.kind !== "found") throw found.cause;
      return found;
    },
    record: () => sessions.record(id),
    outside: () => sessions.outside(id),
    alarm: () => sessions.alarm(id),
    ring: () => sessions.ring(id),
    settled: () => sessions.settled(),
    replace: () => sessions.replace(id),
  };
}

export type OneSession = ReturnType<typeof oneSession>;
