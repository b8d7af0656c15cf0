import { platformErrors } from "../../emulation/platform-errors.ts";
import { TimerQueue } from "../../emulation/timer-queue.ts";
import { workOf } from "../../emulation/work-of.ts";
import { answerText } from "../../src/objects/session/by-text.ts";
import { SessionAuthority } from "../../src/objects/session/session-authority.ts";
import type { SessionStorage } from "../../src/objects/session/session-rows.ts";
import type { Copies } from "../../src/store/contracts.ts";
import type { Fallback } from "../../src/store/fallback-contract.ts";
import type { ObjectNamespace } from "../../src/store/object-calls.ts";
import type { Principals } from "../../src/store/principal-contracts.ts";
import type { Operation } from "./ledger.ts";

/** The parts that the sessions' objects work with. */
export interface ObjectsParts {
  readonly note: (operation: Operation, key?: string, times?: number) => void;
  readonly clock: () => number;
  readonly keepAlive: (work: Promise<unknown>) => void;
  readonly settled: () => Promise<void>;
  readonly fallback: Fallback;
  readonly replicasAt: (home: string) => Copies;
  readonly principals?: Principals;
  /** Default: always. */
  readonly isUp?: (home: string) => boolean;
  /** Default: answers leave at once. */
  readonly hold?: () => Promise<void>;
}

interface Life {
  readonly id: string;
  readonly home: string;
  readonly authority: SessionAuthority;
  readonly rows: Map<string, unknown>;
  alarm: number | undefined;
}

/** The methods of an object that write; they are counted separately. */
const CHANGES = new Set(["commit", "end"]);
/** When an alarm is tried again that could not ring because its object's home is down. */
const LATE_ALARM_MS = 60_000;

/** The sessions' objects: {@link SessionAuthority} on rows in memory. The location that asks first is an object's home. */
export function createObjects(parts: ObjectsParts) {
  const { note, clock, keepAlive, settled, fallback, replicasAt, principals, isUp = () => true, hold } = parts;
  const lives = new Map<string, Life>();
  const alarms = new TimerQueue();
  let lastTimer = 0;
  let ringing: Life | undefined;

  function setAlarm(life: Pick<Life, "alarm">, at: number): void {
    life.alarm = at;
    // Rings only if this alarm is still the alarm that is set.
    alarms.add({ id: ++lastTimer, at, call: () => (ringing = life.alarm === at ? (life as Life) : undefined) });
  }

  function lifeOf(id: string, location: string): Life {
    const known = lives.get(id);
    if (known) return known;
    const begun = { id, home: location, rows: new Map<string, unknown>(), alarm: undefined as number | undefined };
    const { rows } = begun;
    const storage: SessionStorage = {
      kv: {
        get<T>(key: string) {
          note("row read");
          return structuredClone(rows.get(key)) as T | undefined;
        },
        put(key, value) {
          note("row written");
          rows.set(key, structuredClone(value));
        },
        delete(key) {
          note("row written");
          return rows.delete(key);
        },
      },
      async setAlarm(at) {
        note("row written");
        setAlarm(begun, at);
      },
      async deleteAll() {
        note("row written", undefined, rows.size);
        rows.clear();
        begun.alarm = undefined;
      },
    };
    const replicas = replicasAt(location);
    const authority = new SessionAuthority({ storage, clock, fallback, replicas, principals, keepAlive });
    const life: Life = Object.assign(begun, { authority });
    lives.set(id, life);
    return life;
  }

  function stubOf(id: string, location: string): object {
    return new Proxy(
      {},
      {
        get: (_, name: string) => async (ask: object | string) => {
          const method = workOf(name);
          const life = lifeOf(id, location);
          if (!isUp(life.home)) {
            note("object call in vain", id);
            throw platformErrors.connectionLost();
          }
          note("object call", id);
          if (CHANGES.has(method)) note("object change", id);
          await hold?.();
          const answer = (asked: object): Promise<{ kind: string }> =>
            Reflect.get(life.authority, method).call(life.authority, asked);
          return typeof ask === "string" ? answerText(ask, answer) : answer(ask);
        },
      },
    );
  }

  return {
    /** As reached from a location. */
    from: (location: string): ObjectNamespace => ({ getByName: (id) => stubOf(id, location) }),
    nextAlarmAt: () => alarms.first()?.at ?? Infinity,
    /** Rings the alarm that is due first. */
    async ring(): Promise<void> {
      ringing = undefined;
      alarms.first()?.call();
      alarms.removeFirst();
      const life = ringing as Life | undefined;
      if (!life) return;
      if (!isUp(life.home)) return setAlarm(life, clock() + LATE_ALARM_MS);
      life.alarm = undefined;
      note("alarm", life.id);
      await life.authority.alarm();
      await settled();
    },
    /** How many objects hold rows. */
    stored: () => [...lives.values()].filter(({ rows }) => rows.size > 0).length,
  };
}
