import { readConfig } from "../../src/config/read.ts";
import type { ResolvedConfig } from "../../src/config/resolved.ts";
import type { KeyRing } from "../../src/inbound/token/key-ring.ts";
import { createTokens } from "../../src/inbound/token/tokens.ts";
import { createMoor, type Moor } from "../../src/moor.ts";
import { plainHandoff } from "../../test/torture/moor/origin.ts";
import { Client } from "./client.ts";
import { createCountedStores, type Operations } from "./counted-stores.ts";

/**
 * The actions of a visitor. Steps: a kind of request, `12 assets`, `+60` (seconds), `far` (elsewhere from now on),
 * `forgets` (no cookies).
 */
export interface Workload {
  readonly name: string;
  readonly about: string;
  readonly begin: readonly string[];
  readonly times: number;
  readonly everySeconds: number;
  readonly burst: readonly string[];
  readonly end?: readonly string[];
}

/** The operations that a workload caused. */
export interface Played {
  readonly requests: number;
  /** Requests of a visitor with a stored session, which another design has to look up. */
  readonly withSession: number;
  /** Of these, changes. */
  readonly changes: number;
  readonly operations: Operations;
}

const BEGUN_AT = Date.UTC(2026, 10, 20);
const RING: KeyRing = [{ id: 1, secret: new Uint8Array(32).fill(7) }];
const STEP_MS = 200;
const HEADERS: Record<string, Record<string, string>> = {
  change: { "Moor-Patch": '{"basket":{"apples":2}}' },
  login: { "Moor-Principal": "alice" },
  logout: { "Moor-End": "1" },
};

/**
 * Plays a workload against the whole of Moor on stores in memory that count. There is one isolate for each of two
 * places. The play ends when no data of the session is left.
 */
export async function play(workload: Workload, backup: "off" | "async"): Promise<Played> {
  let now = BEGUN_AT;
  const clock = () => now;
  const stores = createCountedStores(clock, RING, backup);
  const tokens = createTokens(RING);
  const moors = { home: isolate(), far: isolate() };
  let place: keyof typeof moors = "home";
  const client = new Client();
  const played = { requests: 0, withSession: 0, changes: 0 };

  function isolate(): Moor {
    const { authority, memory, replicas, fallback } = stores.forIsolate();
    return createMoor({
      config: configOf(backup),
      tokens,
      authority,
      memory,
      replicas,
      fallback,
      handoff: plainHandoff,
      clock,
      log: () => {},
    });
  }

  async function step(kind: string): Promise<void> {
    if (kind.startsWith("+")) now += Number(kind) * 1000;
    else if (kind === "far") place = "far";
    else if (kind === "forgets") client.keeps = false;
    else if (kind.endsWith(" assets")) for (let left = Number.parseInt(kind, 10); left > 0; left--) await ask("asset");
    else await ask(kind);
  }

  async function ask(kind: string): Promise<void> {
    now += kind === "asset" ? 0 : STEP_MS;
    await stores.ringAlarms();
    const request = client.request(kind, place);
    const response = await moors[place](request, () => {});
    if (response.status !== 200) throw new Error(`${workload.name}: ${kind} was answered with ${response.status}`);
    client.receive(response);
    await stores.settled();
    played.requests++;
    if (kind === "asset" || !stores.hasSessions()) return;
    played.withSession++;
    if (kind in HEADERS) played.changes++;
  }

  const { fetch } = globalThis;
  globalThis.fetch = (async (url: string) => {
    const kind = new URL(url).pathname.slice(1);
    return new Response("", { headers: HEADERS[kind] ?? {} });
  }) as typeof globalThis.fetch;
  try {
    for (const kind of workload.begin) await step(kind);
    for (let time = 0; time < workload.times; time++) {
      const startsAt = now;
      for (const kind of workload.burst) await step(kind);
      now = Math.max(now, startsAt + workload.everySeconds * 1000);
    }
    for (const kind of workload.end ?? []) await step(kind);
    await stores.liveOut((at) => {
      now = at;
    });
  } finally {
    globalThis.fetch = fetch;
  }
  return { ...played, operations: stores.operations };
}

function configOf(backup: "off" | "async"): ResolvedConfig {
  const read = readConfig({
    pools: [{ id: "shop", origins: [{ id: "a", url: "http://origin.test" }] }],
    routes: [
      { path: "/asset", pool: "shop", session: false },
      { path: "/*", pool: "shop" },
    ],
    stores: { backup },
  });
  if (read.kind === "invalid") throw new TypeError("the workloads' configuration is not valid");
  return read.config;
}
