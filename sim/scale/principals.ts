import { DatabaseSync } from "node:sqlite";
import { createUnattended } from "../../src/objects/clients/session-client.ts";
import { PrincipalIndex } from "../../src/objects/principal/principal-index.ts";
import { PrincipalRows } from "../../src/objects/principal/principal-rows.ts";
import type { Principals } from "../../src/store/principal-contracts.ts";
import { sessionsOf } from "../sessions.ts";
import { BEGUN_AT, createFleet } from "./fleet.ts";
import { staysOf, workloadNamed } from "./load.ts";
import { play } from "./play.ts";
import { createRandom } from "./random.ts";

/** A principal with many sessions, all of which are ended at once. */
export interface SharedAccount {
  readonly sessions: number;
  /** How long another login takes the index, in milliseconds of this machine. */
  readonly loginMs: number;
  /** Rows that the index reads for another login: it counts, and looks for the next deadline. */
  readonly rowsReadPerLogin: number;
  /** Calls of sessions' objects until all have ended. */
  readonly endCalls: number;
  /** Alarms of the index until then. */
  readonly alarms: number;
  /** Calls that wait for each other, one after the other, 20 at once. */
  readonly turns: number;
  /** How long that takes with the assumed round trip, in seconds. */
  readonly seconds: number;
}

/** The calls of a principal's index by its sessions during their life. */
export interface IndexCalls {
  readonly sessions: number;
  readonly callsPerSession: number;
}

/**
 * The index of a single principal on SQLite. The objects of its sessions are as empty as possible, which does not
 * change how often they are called.
 */
export async function runSharedAccount(sessions: number, seed: number, roundTripMs: number): Promise<SharedAccount> {
  const fleet = createFleet({ random: createRandom(seed), isolateLifeSeconds: 600 });
  let now = BEGUN_AT;
  let alarm: number | null = null;
  let [calls, turns, underWay] = [0, 0, 0];
  const unattended = createUnattended(fleet.objects.from("home"), { byIndex: true });
  const database = new DatabaseSync(":memory:");
  const index = new PrincipalIndex({
    rows: new PrincipalRows(storageOf(database)),
    sessions: {
      look: unattended.look,
      async end(id) {
        calls++;
        if (underWay++ === 0) turns++;
        // All of a turn have asked before the first is answered.
        await new Promise((resolve) => setImmediate(resolve));
        const ended = await unattended.end(id);
        underWay--;
        return ended;
      },
    },
    alarms: {
      getAlarm: async () => alarm,
      setAlarm: async (at) => {
        alarm = at;
      },
    },
    clock: () => now,
  });
  const limit = { sessions: 10_000, onTooMany: "end-oldest" } as const;
  const where = { country: "NL", colo: "AMS", device: "Firefox on Linux" };
  const logIn = (id: string) => {
    const at = ++now;
    return index.confirm({ login: { ...where, id, at, bornAt: at, absoluteDeadline: at + 7 * 86_400_000 }, limit });
  };
  const [last = "", ...ids] = sessionsOf(sessions, seed);
  for (const id of ids) await logIn(id);
  const startedAt = performance.now();
  await logIn(last);
  const loginMs = performance.now() - startedAt;

  await index.endAll({});
  let alarms = 0;
  for (; calls < sessions && alarm !== null; alarms++) {
    now = Math.max(now, alarm);
    alarm = null;
    await index.alarm();
  }
  database.close();
  const seconds = (turns * roundTripMs) / 1000;
  return { sessions, loginMs, rowsReadPerLogin: 2 * sessions, endCalls: calls, alarms, turns, seconds };
}

/** The calls of a principal's index by the visitors of a shop, who log in and out. */
export async function runIndexCalls(sessions: number, seed: number): Promise<IndexCalls> {
  const random = createRandom(seed);
  const database = new DatabaseSync(":memory:");
  let calls = 0;
  const index = new PrincipalIndex({
    rows: new PrincipalRows(storageOf(database)),
    sessions: { look: async () => ({ kind: "miss" }), end: async () => ({ kind: "miss" }) },
    alarms: { getAlarm: async () => null, setAlarm: async () => {} },
    clock: () => fleet.now(),
  });
  const called = <T>(answer: T): T => {
    calls++;
    return answer;
  };
  const principals: Principals = {
    reserve: (_, reservation) => called(index.reserve({ reservation })),
    confirm: (_, login, limit) => called(index.confirm({ login, limit })),
    forget: (_, id) => called(index.forget({ id })),
    list: (_, ask) => called(index.list(ask)),
    count: () => called(index.count()),
    endAll: (_, ask) => called(index.endAll(ask)),
  };
  const fleet = createFleet({ random, isolateLifeSeconds: 600, principals, config: { principals: {} } });
  const stays = staysOf(workloadNamed("shop"), sessions, random);
  const how = { random, isolatesPerLocation: 10, spreading: "connections", connectionIdleSeconds: 90 } as const;
  await play(fleet, stays, how);
  await fleet.liveOut();
  database.close();
  return { sessions, callsPerSession: calls / sessions };
}

function storageOf(database: DatabaseSync) {
  const values = new Map<string, unknown>();
  return {
    sql: {
      exec(query: string, ...bindings: (string | number)[]) {
        const rows = database.prepare(query).all(...bindings);
        return { toArray: () => rows as Record<string, unknown>[] };
      },
    },
    kv: {
      get: <T>(key: string) => values.get(key) as T | undefined,
      put: (key: string, value: unknown) => void values.set(key, value),
    },
    async deleteAll() {
      database.exec("DROP TABLE IF EXISTS sessions");
      values.clear();
    },
  };
}
