import { createCarrier, resolveCarrier } from "../../../src/carriers/registry.ts";
import { resolveSession } from "../../../src/config/defaults.ts";
import type { KeyRing } from "../../../src/inbound/token/key-ring.ts";
import { CHANGE_LIFE_SECONDS, type Change, type Ref } from "../../../src/session/change.ts";
import { createBreaker } from "../../../src/store/breaker.ts";
import { type CookieAuthority, createCookieAuthority } from "../../../src/store/cookie/cookie-authority.ts";
import { createRevocation, type EndStore } from "../../../src/store/cookie/revocation.ts";
import { createSealedStates } from "../../../src/store/cookie/sealed-states.ts";
import { createSeal } from "../../../src/store/seal.ts";

export const ID = "Zk0V0Fh0cX5sVnq0yq0nCw";
export const BORN_AT = Date.UTC(2026, 11, 1);
const RING: KeyRing = [{ id: 1, secret: new Uint8Array(32).fill(7) }];
export const POLICY = resolveSession({ idleSeconds: 1_800, newSessionHours: 1 });

/** A cookie that a response sets. */
export interface SetCookie {
  readonly name: string;
  readonly value: string;
  /** In seconds. */
  readonly maxAge: number | undefined;
}

/** A request of a browser, with an authority of its own. */
export interface Visit extends CookieAuthority {
  /** The cookies of its response. */
  gives(): SetCookie[];
  change(change: Partial<Change>): ReturnType<CookieAuthority["commit"]>;
}

/** A world with one browser, one isolate and one store of ends. */
export function createBrowser({ ring = RING }: { readonly ring?: KeyRing } = {}) {
  const jar = new Map<string, string>();
  const ends = new Map<string, { readonly value: string; readonly until: number }>();
  const asked: string[] = [];
  let now = BORN_AT + 1_000;
  let isAway = false;
  let changes = 0;
  const clock = () => now;
  const store: EndStore = {
    async get(id) {
      asked.push(id);
      if (isAway) throw new Error("away");
      return ends.get(id)?.value ?? null;
    },
    async put(id, value, until) {
      if (isAway) throw new Error("away");
      ends.set(id, { value, until });
    },
  };
  const breaker = () => createBreaker({ name: "revocation", clock, random: () => 0 });
  let revocation = createRevocation(store, breaker());
  const sealed = createSealedStates(createSeal(ring), new Set(ring.map(({ id }) => id)));
  const { https: carrier } = createCarrier(resolveCarrier({ type: "cookie" }), {
    now: clock,
    markLifeSeconds: 86_400,
    holdsSessions: true,
  });

  function refOf(more: Partial<Ref> = {}): Ref {
    return { id: ID, generation: 0, bornAt: BORN_AT, arrivedAt: now, ...more };
  }

  return {
    jar,
    ends,
    asked,
    sealed,
    clock,
    refOf,
    elapse(ms: number) {
      now += ms;
    },
    /** The store of ends does not answer from now on. */
    loseStore(isLost: boolean) {
      isAway = isLost;
    },
    /** Another isolate, which knows nothing, answers from now on. */
    nextIsolate() {
      revocation = createRevocation(store, breaker());
    },
    /** A request with the cookies of the browser. */
    visit({
      cookies = jar,
      older = [],
    }: {
      cookies?: ReadonlyMap<string, string>;
      older?: readonly string[];
    } = {}): Visit {
      const header = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
      const request = new Request("https://shop.test/", { headers: { Cookie: header } });
      const sessions = carrier.sessions?.(request);
      if (!sessions) throw new TypeError("the carrier holds no sessions");
      const authority = createCookieAuthority(
        { sealed, revocation, session: POLICY, clock },
        { cookies: sessions, older },
      );
      return {
        ...authority,
        gives: () => authority.cookies().map(parsed),
        change: (change) =>
          authority.commit(refOf(), {
            id: String(++changes).padStart(8, "0").padEnd(22, "A"),
            expiresAt: now + CHANGE_LIFE_SECONDS * 1_000,
            policy: POLICY,
            ...change,
          }),
      };
    },
    /** A response arrives. */
    arrive(visit: Visit) {
      for (const { name, value, maxAge } of visit.gives()) {
        if (maxAge === 0) jar.delete(name);
        else jar.set(name, value);
      }
    },
  };
}

function parsed(text: string): SetCookie {
  const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(text) ?? [];
  const maxAge = /Max-Age=(\d+)/.exec(text)?.[1];
  return { name, value, maxAge: maxAge === undefined ? undefined : Number(maxAge) };
}

type Browser = ReturnType<typeof createBrowser>;

/** A request that changes the session, and whose response arrives. */
export async function changed(browser: Browser, change: Parameters<Visit["change"]>[0]) {
  const visit = browser.visit();
  const outcome = await visit.change(change);
  browser.arrive(visit);
  return outcome;
}

/** Requests in parallel, each with a change, whose responses all arrive. */
export async function inParallel(browser: Browser, changes: readonly Parameters<Visit["change"]>[0][]) {
  const visits = changes.map((change) => ({ change, visit: browser.visit({ cookies: new Map(browser.jar) }) }));
  for (const { change, visit } of visits) await visit.change(change);
  for (const { visit } of visits) browser.arrive(visit);
}

/** The attributes that a request is shown, or why it is shown none. */
export async function shown(browser: Browser) {
  const found = await browser.visit().read(browser.refOf(), browser.clock());
  return found.kind === "hit" ? found.copy.attributes : found.kind;
}

/** A change that sets an attribute of so many bytes. */
export const set = (name: string, bytes = 1) => ({ patches: [{ [name]: "x".repeat(bytes) }] });
export const sets = (count: number, bytes = 1) => Array.from({ length: count }, (_, n) => set(`n${n}`, bytes));
