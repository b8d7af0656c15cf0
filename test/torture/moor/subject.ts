import { AsyncLocalStorage } from "node:async_hooks";
import { createDistantFallback } from "../../../emulation/distant-fallback.ts";
import { createDistantKv } from "../../../emulation/distant-kv.ts";
import { createFaults, type KvFault, type LinkFault, type ObjectFault } from "../../../emulation/faults.ts";
import { createRedisWorld } from "../../../emulation/redis.ts";
import { splitCredentials } from "../../../src/carriers/credentials.ts";
import type { ResolvedConfig } from "../../../src/config/resolved.ts";
import type { KeyRing } from "../../../src/inbound/token/key-ring.ts";
import { createTokens } from "../../../src/inbound/token/tokens.ts";
import type { Log } from "../../../src/log.ts";
import { createMoor, type Moor } from "../../../src/moor.ts";
import { CHANGE_LIFE_SECONDS, type Change } from "../../../src/session/change.ts";
import { createBreaker } from "../../../src/store/breaker.ts";
import type { Committed } from "../../../src/store/contracts.ts";
import { guardCopies, guardFallback } from "../../../src/store/guarded.ts";
import { createKvReplicas } from "../../../src/store/kv-replicas.ts";
import { createMemory } from "../../../src/store/memory.ts";
import { createSeal } from "../../../src/store/seal.ts";
import { sweep } from "../../../src/store/sweep.ts";
import type { Handoff } from "../../../src/upstream/wire/handoff.ts";
import { askedBy } from "../asked.ts";
import { cookies, header, links, TEXT } from "../carriers.ts";
import type { ActOutcome, Held, Outcome, Truth } from "../history.ts";
import { LOCATIONS, type Location, type Place } from "../schedule.ts";
import { type Stage, type Subject, type SubjectKind, VISIT_HEADER } from "../subject.ts";
import { objectAuthorities, rowAuthorities } from "./authorities.ts";
import { AWAY, type Configuration, resolvedFor } from "./configurations.ts";
import { createCookieSessions } from "./cookie-sessions.ts";
import { IsolateLife } from "./isolate.ts";
import { adoptionIn } from "./old-shop.ts";
import { installOrigin, plainHandoff } from "./origin.ts";

const CARRIERS = { header, url: links };
const RING: KeyRing = [{ id: 1, secret: new Uint8Array(32).fill(7) }];
const SWEEP_EVERY_MS = 60_000;
const KV_DEADLINE_MS = 1_000;
/** The delay between two locations, and within a location. */
const FAR_MS = 60;
const NEAR_MS = 4;

const CF: Record<Location, object> = {
  ams: { colo: "AMS", continent: "EU", longitude: "4.9" },
  sin: { colo: "SIN", continent: "AS", longitude: "103.8" },
  iad: { colo: "IAD", continent: "NA", longitude: "-77.4" },
};

interface Isolate {
  readonly life: IsolateLife;
  readonly moor: Moor;
}

/** Moor, all of its own code, in a world of distance. */
export function moorKind(configuration: Configuration): SubjectKind {
  const configs = new Map<string, ResolvedConfig>();
  const configFor = (url: string) => {
    const config = configs.get(url) ?? resolvedFor(configuration, url);
    configs.set(url, config);
    return config;
  };
  return { create: async (stage) => createSubject(stage, configuration, configFor) };
}

function createSubject(
  stage: Stage,
  configuration: Configuration,
  configFor: (url: string) => ResolvedConfig,
): Subject {
  const { clock, clocks, random } = stage;
  let isCalm = false;
  const links = createFaults<LinkFault>();
  const faults = {
    object: createFaults<ObjectFault>(),
    kv: createFaults<KvFault>(),
    redis: {
      ...links,
      clear() {
        isCalm = true;
        links.clear();
      },
    },
  };
  const edgeClock = (location: Location) => () => clock.now() + (clocks.edges[LOCATIONS.indexOf(location)] ?? 0);
  const latencyMs = (from: string, to: string) => (from === to ? NEAR_MS : FAR_MS) + random.below(NEAR_MS);

  const seal = createSeal(RING);
  const redis = createRedisWorld({ now: () => clock.now() + clocks.redis });
  const kv = createDistantKv({
    clock,
    random: random.next,
    delayMs: () => NEAR_MS + random.below(NEAR_MS),
    faultOf: faults.kv.faultOf,
  });
  const fallbackFrom = (from: string) =>
    createDistantFallback(redis.connect(), {
      clock,
      from,
      latencyMs: () => NEAR_MS + random.below(NEAR_MS),
      faultOf: faults.redis.faultOf,
    });
  const replicasAt = (location: string, now: () => number) =>
    createKvReplicas({ namespace: kv.at(location), seal, clock: now });

  const tokens = createTokens(RING);
  const inCookies = configuration.inCookies
    ? createCookieSessions(RING, configuration.session, tokens, clock.now)
    : undefined;
  const isOnRows = configuration.onRows !== undefined || inCookies !== undefined;
  const world = { stage, configuration, seal, latencyMs, edgeClock, breakerOf, replicasAt };
  const authorities = isOnRows
    ? rowAuthorities({ ...world, faultOf: faults.redis.faultOf, isCalm: () => isCalm })
    : objectAuthorities({ ...world, fallback: fallbackFrom("objects"), faultOf: faults.object.faultOf });

  function breakerOf(name: string, now: () => number) {
    return createBreaker({ name, clock: now, random: random.next });
  }

  const current = new AsyncLocalStorage<number>();
  const log: Log = ({ event }) => {
    const visit = current.getStore();
    if (visit === undefined) return;
    if (event === "touch_failed") stage.untouched(visit);
    if (event === "authority_set_back" || event === "authority_lost") stage.lossTold(visit);
  };

  /** The newest generation of each session that an origin has been shown. */
  const newest = new Map<string, number>();
  const handoff: Handoff = {
    ...plainHandoff,
    sign(session, ...more) {
      const { id = "", generation = 0 } = session.view ?? {};
      newest.set(id, Math.max(newest.get(id) ?? 0, generation));
      return plainHandoff.sign(session, ...more);
    },
  };

  const isolates = new Map<string, Isolate>();
  function isolateAt(place: Place): Isolate {
    const name = nameOf(place);
    const isolate = isolates.get(name) ?? createIsolate(place);
    isolates.set(name, isolate);
    return isolate;
  }

  function createIsolate(place: Place): Isolate {
    const { location } = place;
    const life = new IsolateLife();
    const now = edgeClock(location);
    const config = configFor(`http://${nameOf(place)}.test`);
    const breaker = breakerOf("authority", now);
    const replicas = guardCopies(replicasAt(location, now), breakerOf("kv", now), KV_DEADLINE_MS);
    const parts = {
      config,
      tokens: createTokens(RING),
      authority: life.within(authorities.from(location, breaker)),
      memory: createMemory(),
      clock: now,
      log,
      ...inCookies?.isolate(life, kv.at(location), breaker, now),
    };
    const adoption = config.adopt.length > 0 ? adoptionIn(parts) : undefined;
    const all = {
      ...parts,
      ...(adoption && { config: adoption.config }),
      replicas: configuration.hasKv === false ? undefined : life.within(replicas),
      fallback: isOnRows ? undefined : life.within(guardFallback(fallbackFrom(location), breakerOf("redis", now))),
      handoff,
    };
    return { life, moor: createMoor(all, adoption?.bind) };
  }

  const isLost = ({ host, pathname }: URL) => pathname.startsWith(AWAY) && /[13579]\.test$/.test(host);
  const restoreFetch = installOrigin(stage, isLost, (host) => {
    const { life } = isolates.get(host.replace(".test", "")) as Isolate;
    return (work) => life.run(work);
  });
  const cron = { fallback: fallbackFrom("ams"), authority: authorities.from("ams"), clock: edgeClock("ams") };
  let isOpen = true;
  const sweepAgain = () => {
    if (!isOpen) return;
    void (isOnRows ? authorities.sweep() : sweep(cron));
    clock.setTimeout(sweepAgain, SWEEP_EVERY_MS);
  };
  clock.setTimeout(sweepAgain, SWEEP_EVERY_MS);

  /** The generation that the authority knows. `undefined`: the authority does not answer. */
  function generationAt(location: Location, sid: string): Promise<number | undefined> {
    return authorities.record(location, sid).then(
      (record) => record?.generation ?? 0,
      () => undefined,
    );
  }

  return {
    faults,

    handle(request, place) {
      Object.defineProperty(request, "cf", { value: CF[place.location] });
      const { life, moor } = isolateAt(place);
      const visit = Number(request.headers.get(VISIT_HEADER));
      return life.run(() => current.run(visit, () => moor(request, () => {})));
    },

    carrier: configuration.carrier === undefined ? cookies : CARRIERS[configuration.carrier],

    async identify(kept): Promise<Held | undefined> {
      // A provisional token counts where there is no other token.
      const token = kept.get("__Host-moor") ?? kept.get("__Host-moor-new");
      const text = kept.get(TEXT);
      const apart = token && { token, proof: kept.get("__Host-moor-gen") ?? "", marks: [] };
      const credentials = text === undefined ? apart : splitCredentials(text);
      const opened = inCookies ? await inCookies.tokenIn(kept) : credentials && (await tokens.open(credentials, 0));
      if (!opened) return undefined;
      const { id: sid, generation, version, expiresAt } = opened;
      return { sid, generation, version, expiresAt };
    },

    ...(inCookies && { arrived: inCookies.arrived }),

    async change(id, sid, ask, place): Promise<ActOutcome> {
      const now = edgeClock(place.location)();
      const { patch, end } = askedBy(ask, id);
      const change: Change = {
        id: `admin-${id}`,
        expiresAt: now + CHANGE_LIFE_SECONDS * 1000,
        policy: configFor("http://a.test").session,
        ...(patch ? { patches: [patch] } : {}),
        ...(end ? { end } : {}),
      };
      const shown = newest.get(sid) ?? 0;
      // An end concerns every generation, whichever generation an origin knows.
      const generation = end ? await generationAt(place.location, sid) : shown;
      if (generation === undefined) return { outcome: "failed", generation: shown };
      const ref = { id: sid, generation, bornAt: 0, arrivedAt: now, markedAt: now };
      return { outcome: outcomeOf(await authorities.from(place.location).commit(ref, change)), generation };
    },

    crash(place) {
      isolates.get(nameOf(place))?.life.lose();
      isolates.delete(nameOf(place));
    },

    setBack: (ms, store) => (store === "authority" ? authorities : redis).setBack(ms),

    async truth(sid): Promise<Truth> {
      if (inCookies) return inCookies.truth(sid);
      const record = await authorities.record(LOCATIONS[0], sid);
      if (!record) return { kind: "none" };
      const { attributes, principal, version } = record;
      if (record.ended) return { kind: "ended", version };
      return { kind: "live", version, attributes, ...(principal === undefined ? {} : { principal }) };
    },

    async close() {
      isOpen = false;
      restoreFetch();
      authorities.close?.();
    },
  };
}

function nameOf({ location, isolate }: Place): string {
  return `${location}-${isolate}`;
}

function outcomeOf({ kind }: Committed): Outcome {
  if (kind === "committed") return "done";
  return kind === "ended" || kind === "superseded" ? "ended" : "failed";
}
