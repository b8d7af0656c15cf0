import { setImmediate as turn } from "node:timers/promises";
import { readConfig } from "../../src/config/read.ts";
import type { ResolvedConfig, ResolvedRoute } from "../../src/config/resolved.ts";
import { askedBy } from "../../src/inbound/arrival.ts";
import { NOWHERE } from "../../src/session/session.ts";
import { createUpstream } from "../../src/upstream/upstream.ts";
import type { Random } from "../scale/random.ts";

/** How a dead origin fails: `lost` does not tell whether it has got the request, `refused` (521) says that it has not. */
export type Death = "lost" | "refused";

/** The result of a request. */
export interface Served {
  readonly isServed: boolean;
  /** The origin that has served it. */
  readonly by: string | undefined;
  /** How often it was sent. */
  readonly sends: number;
}

/** A request of a visitor. */
export interface Asked {
  readonly session: string;
  readonly address: string;
  readonly method: "GET" | "POST";
  /** `/drop`: all origins drop it; `/drop-at-a`: the origin `a` does. Default: `/`, which all answer. */
  readonly path?: string;
}

/**
 * Moor's own way from a request to three origins, as in a single isolate. The caller sets the time, and answers take no
 * time.
 */
export interface Isolate {
  ask(asked: Asked): Promise<Served>;
  /** Sets the behaviour of the origin `a` from now on. */
  kill(death: Death): void;
  /** When it ejected the origin `a` first, in milliseconds since 1970. */
  ejectedAt(): number | undefined;
  /** How often it has ejected any origin. */
  ejections(): number;
  /** How often it has asked an origin itself. */
  questions(): number;
}

const NAMES = ["a", "b", "c"];
const CONFIG = configured();

/** Starts an isolate that has no knowledge yet. */
export function createIsolate(clock: () => number, random: Random): Isolate {
  let death: Death | undefined;
  let [questions, ejections] = [0, 0];
  let ejectedAt: number | undefined;

  const originOf = (name: string) => ({
    async fetch(url: string, { method }: RequestInit): Promise<Response> {
      if (method === "HEAD") questions++;
      const { pathname } = new URL(url);
      const isDead = name === "a" && death !== undefined;
      if (isDead && death === "refused") return new Response("", { status: 521, headers: { Server: "cloudflare" } });
      if (isDead || pathname === "/drop" || pathname === `/drop-at-${name}`)
        throw new Error("Network connection lost.");
      return new Response("ok");
    },
  });
  const upstream = createUpstream(CONFIG, clock, () => {}, {
    services: Object.fromEntries(NAMES.map((name) => [name, originOf(name)])),
    random: random.next,
    log({ event, origin }) {
      if (event !== "origin_ejected") return;
      ejections++;
      if (origin === "a") ejectedAt ??= clock();
    },
  });
  const [route] = CONFIG.routes as [ResolvedRoute];

  return {
    async ask({ session, address, method, path = "/" }) {
      const url = new URL(`https://shop.test${path}`);
      const request = askedBy(new Request(url, { method, headers: { "CF-Connecting-IP": address } }));
      const delivered = await upstream.send({
        ...{ request, url, host: url.host, route, pool: upstream.poolOf(route, session) },
        ...{ sessionId: session, sessionIsFresh: false, bornAt: 0, home: 0, pin: 0, isStored: true },
        body: method === "POST" ? new TextEncoder().encode("x").buffer : null,
        session: NOWHERE,
      });
      // Work behind the response ends before the next request comes.
      await turn();
      const by = delivered.kind === "response" ? delivered.origin.id : undefined;
      return { isServed: by !== undefined, by, sends: delivered.attempts };
    },
    kill(how) {
      death = how;
    },
    ejectedAt: () => ejectedAt,
    ejections: () => ejections,
    questions: () => questions,
  };
}

function configured(): ResolvedConfig {
  const origins = NAMES.map((name) => ({ id: name, url: `http://${name}.test`, service: name }));
  const read = readConfig({ pools: [{ id: "shop", origins }], routes: [{ path: "/*", pool: "shop" }] });
  if (read.kind === "ok") return read.config;
  throw new Error(JSON.stringify(read.mistakes));
}
