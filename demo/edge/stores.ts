import { parseCookie } from "cookie";
import type { MoorConfig } from "../../src/config/types.ts";
import { createHandler, type Env } from "../../src/index.ts";
import { cookieOf, type DemoStore } from "../protocol.ts";
import { type Location, locations } from "./locations.ts";
import { NO_REDIS } from "./wording.ts";

/** The store that keeps a visitor's sessions. */
export type StoreType = DemoStore["type"] | "object";
/** The cookie that holds a visitor's choice. */
export const CHOICE = "demo-store";

type Handler = ReturnType<typeof createHandler>;

/** The stores among which visitors choose, and a Moor for each at each location. */
export interface DemoEdges {
  readonly stores: readonly DemoStore[];
  /** The store that the visitor with these cookies has chosen. Default: Durable Objects. */
  chosenBy(cookies: string | null): StoreType;
  /** The name of the cookie with the token of the visitor with these cookies. */
  tokenCookieFor(cookies: string | null): string;
  /** Moor at a location. It has a memory and breakers of its own for each store. */
  at(location: Location, store: StoreType): Handler;
  /** The bindings of a Moor for this store. */
  envFor(store: StoreType, env: Env): Env;
  /** The stores that visitors have used. */
  used(): StoreType[];
}

/**
 * @param text the stores as JSON, as `npm start` gives them.
 * @param hasRedis whether there is a Redis. It starts after the text is written.
 */
export function createDemoEdges(config: MoorConfig, text: string, hasRedis: boolean): DemoEdges {
  const given = JSON.parse(text) as DemoStore[];
  const stores = given.map((one) => (one.type === "redis" && !hasRedis ? { type: one.type, reason: NO_REDIS } : one));
  const handlers = new Map<string, Handler>();
  const used = new Set<StoreType>(["object"]);

  function chosenBy(cookies: string | null): StoreType {
    const name = parseCookie(cookies ?? "")[CHOICE];
    return stores.find(({ type, config: given }) => type === name && given !== undefined)?.type ?? "object";
  }

  return {
    stores,
    chosenBy,
    tokenCookieFor: (cookies) => cookieOf(chosenBy(cookies)),
    at(location, store) {
      used.add(store);
      const key = `${locations.indexOf(location)} ${store}`;
      const handler = handlers.get(key) ?? createHandler(config);
      handlers.set(key, handler);
      return handler;
    },
    envFor(store, env) {
      const given = stores.find(({ type }) => type === store)?.config;
      return given === undefined ? env : { ...env, MOOR_CONFIG: given };
    },
    used: () => [...used],
  };
}
