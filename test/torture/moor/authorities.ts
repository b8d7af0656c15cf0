import { createDistantObjects } from "../../../emulation/distant-objects.ts";
import type { FaultOf, LinkFault, ObjectFault } from "../../../emulation/faults.ts";
import type { ObjectStorage } from "../../../emulation/object-storage.ts";
import { workOf } from "../../../emulation/work-of.ts";
import { createObjectAuthority } from "../../../src/objects/clients/session-client.ts";
import { SessionRows } from "../../../src/objects/session/session-rows.ts";
import { guardRows } from "../../../src/rows/guarded-rows.ts";
import { createRowAuthority } from "../../../src/rows/row-authority.ts";
import { RowEntries } from "../../../src/rows/row-entries.ts";
import { createRowPrincipals } from "../../../src/rows/row-principals.ts";
import { sweepRows } from "../../../src/rows/row-sweep.ts";
import { createRowTransactions } from "../../../src/rows/row-transactions.ts";
import type { SessionRecord } from "../../../src/session/record.ts";
import type { Breaker } from "../../../src/store/breaker.ts";
import type { Authority, Copies } from "../../../src/store/contracts.ts";
import type { Fallback } from "../../../src/store/fallback-contract.ts";
import { guardFallback } from "../../../src/store/guarded.ts";
import type { Seal } from "../../../src/store/seal.ts";
import { LOCATIONS, type Location } from "../schedule.ts";
import type { Stage } from "../subject.ts";
import type { Configuration } from "./configurations.ts";
import { ObservedAuthority } from "./observed-authority.ts";
import { ROW_SERVERS } from "./servers/servers.ts";

/** The authorities of all sessions, as locations reach them. */
export interface Authorities {
  /** @param breaker that of the isolate; default: the authority is always asked. */
  from(location: Location, breaker?: Breaker): Authority;
  /** The record as it is stored. `undefined`: there is none. Rejects if the authority cannot be reached. */
  record(location: Location, sid: string): Promise<SessionRecord | undefined>;
  /** The work of the cron trigger that the authority itself needs. */
  sweep(): Promise<unknown>;
  /** The authority's store comes back with the data that it held so many milliseconds ago. */
  setBack(ms: number): void;
  close?(): void;
}

/** The world of the authorities. */
export interface AuthoritiesParts {
  readonly stage: Pick<Stage, "clock" | "clocks" | "random">;
  readonly configuration: Configuration;
  readonly seal: Seal;
  readonly latencyMs: (from: string, to: string) => number;
  readonly edgeClock: (location: Location) => () => number;
  readonly breakerOf: (name: string, now: () => number) => Breaker;
}

/** Durable Objects, which back up to Redis. */
export function objectAuthorities(
  parts: AuthoritiesParts & {
    readonly fallback: Fallback;
    readonly replicasAt: (location: string, now: () => number) => Copies;
    readonly faultOf: FaultOf<ObjectFault>;
  },
): Authorities {
  const { stage, configuration, latencyMs, breakerOf, fallback, replicasAt, faultOf } = parts;
  const { clock, clocks } = stage;
  const authorityClock = () => clock.now() + clocks.authority;
  const objects = createDistantObjects({
    clock,
    latencyMs,
    faultOf: (from, method) => faultOf(from, workOf(method)),
    create: (_id, storage, { home }) =>
      new ObservedAuthority({
        storage: byClockOf(storage),
        clock: authorityClock,
        fallback: guardFallback(fallback, breakerOf("redis", authorityClock)),
        replicas: configuration.hasKv === false ? undefined : replicasAt(home, authorityClock),
        keepAlive: (work) => void work.catch(() => {}),
      }),
  });

  /** The world's alarms ring by the true time, an object's by its own clock. */
  function byClockOf(storage: ObjectStorage): ObjectStorage {
    return { ...storage, setAlarm: (at) => storage.setAlarm(at - clocks.authority) };
  }

  return {
    from: (location, breaker) =>
      createObjectAuthority(objects.from(location), { copies: configuration.stores, ...(breaker ? { breaker } : {}) }),
    record: async (location, sid) => (await objects.from(location).getByName(sid).observe()).record,
    sweep: async () => {},
    setBack: (ms) => objects.setBack(ms),
  };
}

const LINK_MS = 4;

/** Rows of one store, which every location reaches. */
export function rowAuthorities(
  parts: AuthoritiesParts & {
    readonly replicasAt: (location: string, now: () => number) => Copies;
    readonly faultOf: FaultOf<LinkFault>;
    /** Whether all trouble is over. */
    readonly isCalm: () => boolean;
  },
): Authorities {
  const { stage, configuration, seal, edgeClock, replicasAt, faultOf, isCalm } = parts;
  const { clock, clocks, random } = stage;
  const server = ROW_SERVERS[configuration.onRows ?? "memory"]({
    clock,
    random,
    serverNow: () => clock.now() + clocks.redis,
    latencyMs: () => LINK_MS + random.below(LINK_MS),
    faultOf,
    isCalm,
  });
  const pause = (ms: number) => clock.sleep(ms);
  const keepAlive = (work: Promise<unknown>) => void work.catch(() => {});

  function authorityAt(location: Location, breaker?: Breaker) {
    const now = edgeClock(location);
    const distant = server.from(location, now);
    const store = breaker ? guardRows(distant, breaker) : distant;
    const transact = createRowTransactions({
      store,
      seal,
      clock: now,
      random: random.next,
      pause,
      log: () => {},
    });
    const authority = createRowAuthority({
      store,
      transact,
      clock: now,
      pause,
      copies: configuration.stores,
      replicas: configuration.hasKv === false ? undefined : replicasAt(location, now),
      tell: () => {},
      keepAlive,
    });
    const principals = createRowPrincipals({ transact, sessions: authority.forIndex, keepAlive });
    return { authority, principals, store, clock: now };
  }

  return {
    from: (location, breaker) => authorityAt(location, breaker).authority,
    async record(_location, sid) {
      const name = `session:${sid}`;
      const read = await server.store.read(name);
      if (read.kind !== "row") return undefined;
      const text = await seal.open({ id: name, version: 0, purpose: "row" }, read.row.text);
      return new SessionRows(new RowEntries(text)).load();
    },
    async sweep() {
      const { authority, principals, store, clock: now } = authorityAt(LOCATIONS[0]);
      return sweepRows({ store, sessions: authority, principals, clock: now });
    },
    setBack: server.setBack,
    ...(server.close && { close: server.close }),
  };
}
