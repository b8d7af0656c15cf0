import type { Store } from "../explain.ts";
import type { PanelView } from "./view.ts";

export const STORE_NAMES: Readonly<Record<Store, string>> = {
  memory: "Moor’s memory",
  kv: "KV replica",
  object: "Durable Object",
  redis: "Redis",
  postgres: "Postgres",
  memcached: "memcached",
};

export const NO_REDIS = "there is no redis-server on this machine";

/** The part that a store played in this request; `answered`; `passed`: asked in vain; `idle`: not asked. */
export interface Said {
  readonly state: "answered" | "passed" | "idle";
  readonly text: string;
}

/** Why a store that was asked did not answer, as `explain` calls it. */
const WHY = new Map([
  ["miss", "has nothing of your session"],
  ["age", "has a copy that is too old to be sure"],
  ["settle", "has a copy that may be older than what you have seen"],
  ["version", "has an older version than you have seen"],
  ["journal", "may lack what the journal holds"],
  ["generation", "has a copy of another login"],
  ["deadline", "has a copy that has expired"],
]);

/** The part that a store played in this page. */
export function said({ explain, objects, redis }: PanelView, store: Store): Said {
  const isAway = (store === "object" && objects === "away") || (store === "redis" && redis === "away");
  const why = explain.passed.get(store);
  if (explain.source === store) return { state: "answered", text: "answered" };
  if (why === "unavailable") return { state: "passed", text: unavailable(explain.breakers.has(store), isAway) };
  if (why !== undefined) return { state: "passed", text: WHY.get(why) ?? why };
  if (store === "redis" && redis === "none") return { state: "idle", text: NO_REDIS };
  return { state: "idle", text: isAway ? "not asked, and away" : "not asked" };
}

function unavailable(isBroken: boolean, isAway: boolean): string {
  if (!isAway) return isBroken ? "is back, and asked again in a moment" : "could not answer";
  return isBroken ? "out of reach, and not asked for a moment" : "out of reach";
}

/** How the session was resolved, in a sentence or two. */
export function outcome({ explain, status, here, home, store }: PanelView): string {
  const { source, ageSeconds = 0, tookMs, isStale, isJournaled } = explain;
  if (source === "unavailable") {
    return "No store could answer. Moor says so with a 503 instead of showing you an empty basket: out of reach is not gone.";
  }
  if (status === 503) {
    return "Your session could be read, but no store could take what you asked for. So Moor accepted nothing, and said so with a 503.";
  }
  if (isStale) {
    return `${STORE_NAMES[source as Store]} had a copy, and that is the best there is: you may have seen newer, so the server is told that it is stale.`;
  }
  if (store !== "object" && source === store) {
    return `${STORE_NAMES[store]} keeps your session, and answered after ${tookMs} ms.`;
  }
  const whereHome = home ? ` in ${home.name}` : "";
  switch (source) {
    case "none":
    case "new":
      return "Nothing is stored of you before your first change, so no store was asked.";
    case "memory":
      return `Moor in ${here.name} still knew your session from ${ageSeconds} s before, so no store was asked.`;
    case "kv":
      return `A replica near ${here.name}, ${ageSeconds} s old, answered. ${keeperOf(store)}${whereHome} was not asked.`;
    case "object":
      return `The Durable Object of your session${whereHome} answered, after ${tookMs} ms.`;
    case "redis":
      return isJournaled
        ? "The Durable Object is out of reach. Redis answered, with the changes that its journal has taken meanwhile."
        : "The Durable Object is out of reach. Redis answered, from the backup of your session.";
    default:
      return "Moor was not asked for a session here.";
  }
}

/** The store that keeps the session, as a sentence names it. */
function keeperOf(store: PanelView["store"]): string {
  return store === "object" ? "The Durable Object" : STORE_NAMES[store];
}

/** By the state of the Durable Objects and that of Redis. */
const EXPECTED: Readonly<Record<`${PanelView["objects"]} ${PanelView["redis"]}`, string>> = {
  "here here":
    "Everything works. A change goes to the Durable Object, which then backs it up in Redis. When you come back within 5 seconds, Moor’s memory may answer.",
  "away here":
    "You can see your basket and change it: Redis has a backup, and takes changes into a journal. Logging in has to wait (503): only the Durable Object may do that. When it is back, it takes the journal over, and nothing is lost.",
  "here away":
    "Nothing changes for you: Redis is only the fallback. One exception: while its journal may still hold a change of yours, you get a 503 rather than a basket without it.",
  "away away":
    "What is left in Moor’s memory, or in a replica, is shown: for 5 seconds as it is, then as stale. Where nothing is left you get a 503. Every change gets a 503: Moor accepts nothing that it cannot keep. When either is back, so is your basket.",
  "here none": "Everything works. Without a Redis there is no fallback when you take the Durable Objects away.",
  "away none":
    "Without a Redis, what is left in Moor’s memory, or in a replica, is shown: for 5 seconds as it is, then as stale. Every change gets a 503. When the Durable Objects are back, so is your basket.",
};

/** The behaviour that a visitor should expect while the stores are in this state. */
export function expectation({ objects, redis, store }: PanelView): string {
  if (store !== "object") return expectedOf(store);
  return EXPECTED[`${objects} ${redis}`];
}

function expectedOf(store: Exclude<PanelView["store"], "object">): string {
  const name = STORE_NAMES[store];
  const loss = store === "memcached" ? " A restart of memcached loses all sessions." : "";
  return (
    `Sessions are rows in ${name}, and Durable Objects are not asked. There is no fallback: without ${name}, what is left in Moor’s memory is ` +
    `shown, for 5 seconds as it is, then as stale; everything else gets a 503.${loss}`
  );
}

/** Something that Moor knows of how it resolved the session. */
export interface Fact {
  readonly id: string;
  readonly name: string;
  readonly value: string;
  readonly meaning: string;
}

/** Everything that explain tells, with its meaning. */
export function factsOf({ explain, written, status, store }: PanelView): Fact[] {
  const { version, ageSeconds, tookMs, isStale, isJournaled, isMarked, breakers, origin, attempts } = explain;
  const broken = [...breakers].map(([store, state]) => `${STORE_NAMES[store as Store]} ${state}`);
  const taken = TAKEN.get(written ?? "") ?? "none yet";
  return [
    fact("version", "Version", String(version), "goes up with every change"),
    fact(
      "age",
      "Vouched for",
      ageSeconds === undefined ? "no" : `${ageSeconds} s ago`,
      store === "object" ? "by the Durable Object" : `by ${STORE_NAMES[store]}`,
    ),
    fact("took", "Took", `${tookMs} ms`, "to find your session"),
    fact("stale", "Stale", yesOrNo(isStale), "may be older than what you have seen"),
    fact("journaled", "Journaled", yesOrNo(isJournaled), "shows changes that only the journal has"),
    fact("mark", "Mark", yesOrNo(isMarked), "your cookie says: look into the journal"),
    fact("breakers", "Circuit breakers", broken.join(", ") || "all closed", "spare a store that keeps failing"),
    fact("written", "Your last change", status === 503 ? "refused" : taken, "who has taken it"),
    origin === undefined
      ? fact("origin", "Page by", "Moor itself", "no server was asked")
      : fact(
          "origin",
          "Page by",
          `server ${origin.toUpperCase()}`,
          attempts === 1 ? "at the first try" : `after ${attempts} tries`,
        ),
  ];
}

const TAKEN = new Map([
  ["object", "Durable Object"],
  ["journal", "journal in Redis"],
  ["redis", "Redis"],
  ["postgres", "Postgres"],
  ["memcached", "memcached"],
]);

function fact(id: string, name: string, value: string, meaning: string): Fact {
  return { id, name, value, meaning };
}

function yesOrNo(is: boolean): string {
  return is ? "yes" : "no";
}
