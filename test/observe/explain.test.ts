import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { explain, writeExplain } from "../../src/observe/explain.ts";
import { NOTHING_KNOWN, type RequestFacts } from "../../src/observe/request-facts.ts";
import type { BreakerState } from "../../src/store/breaker.ts";
import { Client, doneOf, setTime, type Visit, type Visited } from "../support/edge.ts";
import { createLadder, type Ladder } from "../support/ladder.ts";
import { routeOf } from "../support/pools.ts";
import { at } from "../support/time.ts";

let ladder: Ladder;
let client: Client;
beforeEach(() => {
  setTime(at(0));
  ladder = createLadder();
  client = new Client();
});
afterEach(() => vi.useRealTimers());

/** The explanation of a visit, 30 ms after the visit arrived. */
function told({ opened }: Visited, states: Record<string, BreakerState> = {}): string {
  const breakers = Object.entries(states).map(([name, state]) => ({
    name,
    state: () => state,
    admit: () => undefined,
  }));
  return explain(openedFacts(opened), breakers);
}

function openedFacts(opened: Visited["opened"]): RequestFacts {
  const request = new Request("https://shop.test/");
  return { ...NOTHING_KNOWN, request, arrivedAt: Date.now(), opened, openedAt: Date.now() + 30 };
}

/** The explanation of a request of which only these facts are known. */
function toldOf(known: Partial<RequestFacts>, replaced?: Headers): string {
  const request = new Request("https://shop.test/");
  return explain({ ...NOTHING_KNOWN, request, arrivedAt: Date.now(), ...known }, [], replaced);
}

/** A visitor with a basket, whose token has settled. */
async function shopper(): Promise<void> {
  await ladder.edge.visit(client);
  await change();
  await ladder.edge.visit(client);
  setTime(at(6));
}

const change = (visit: Visit = {}) =>
  ladder.edge.visit(client, { ask: () => ({ patches: [{ basket: "tea" }] }), ...visit });

describe("what is told of a session", () => {
  it("that is stored nowhere is that, without a token and with one", async () => {
    expect(told(await ladder.edge.visit(client))).toBe("session=none; version=0; took=30ms");
    expect(told(await ladder.edge.visit(client))).toBe("session=new; version=0; took=30ms");
  });

  it("is who answered, how old that was, and who was asked before", async () => {
    await shopper();
    expect(told(await ladder.edge.visit(client))).toBe(
      "session=object; version=1; age=0s; passed=memory:settle; took=30ms",
    );
    setTime(at(10.9));
    expect(told(await ladder.edge.visit(client))).toBe("session=memory; version=1; age=4s; took=30ms");
  });

  it("is that it comes from Redis, with the journal, and that the visitor is marked from then on", async () => {
    await shopper();
    await ladder.outage(async () => {
      await change();
      expect(told(await ladder.edge.visit(client))).toBe(
        "session=redis; version=1; journaled; marked; passed=memory:settle,object:unavailable; took=30ms",
      );
    });
    expect(told(await ladder.edge.visit(client))).toContain(
      "session=object; version=2; age=0s; marked; passed=memory:",
    );
  });

  it("is that what is left is stale, and with nothing left that it is unavailable", async () => {
    await shopper();
    await ladder.edge.visit(client);
    await change();
    ladder.redis.meets("down");
    await ladder.outage(async () => {
      const elsewhere = ladder.elsewhere();
      elsewhere.authority.down = true;
      expect(told(await elsewhere.visit(client))).toBe(
        "session=unavailable; passed=memory:miss,object:unavailable,redis:unavailable; took=30ms",
      );
      setTime(at(60));
      expect(told(await ladder.edge.visit(client, { onStale: "serve" }))).toBe(
        "session=memory; version=2; age=54s; stale; passed=memory:settle,object:unavailable,redis:unavailable; took=30ms",
      );
    });
  });

  it("is that it is used away from where it was born", async () => {
    await ladder.edge.visit(client, { region: 4 });
    await change({ region: 4 });
    expect(told(await ladder.edge.visit(client, { region: 3 }))).toContain("; away; ");
    expect(told(await ladder.edge.visit(client, { region: 4 }))).not.toContain("away");
  });

  it("names the breakers that are not closed", async () => {
    const visited = await ladder.edge.visit(client);
    expect(told(visited, { object: "open", redis: "closed", kv: "half-open" })).toBe(
      "session=none; version=0; object=open; kv=half-open; took=30ms",
    );
  });

  it("holds neither its id nor its attributes", async () => {
    await shopper();
    const visited = await ladder.edge.visit(client);
    expect(told(visited)).not.toMatch(new RegExp(`tea|basket|${visited.session?.id}`));
  });
});

describe("what is told of the answer", () => {
  it("is the origin, how often was tried, and who took its change", async () => {
    await shopper();
    const one = { origin: "a", attempts: 1, chosen: "affinity" } as const;
    const written = async (visit: Promise<Visited>) => toldOf({ ...one, written: doneOf(await visit).written });
    expect(await written(change())).toBe("origin=a; attempts=1; chosen=affinity; written=object");
    expect(await written(ladder.edge.visit(client))).toBe("origin=a; attempts=1; chosen=affinity");
    await ladder.outage(async () => expect(await written(change())).toMatch(/; written=journal$/));
    expect(toldOf({ origin: "b", attempts: 3, chosen: "failover" })).toBe("origin=b; attempts=3; chosen=failover");
    expect(toldOf({ attempts: 2, retry: "budget" })).toBe("attempts=2; retry=budget");
    expect(toldOf({ ...one, panic: true })).toBe("origin=a; attempts=1; panic; chosen=affinity");
  });

  it("names the origin's headers about caching that a token has replaced", () => {
    const headers = new Headers({ "CDN-Cache-Control": "max-age=9", "Cache-Control": "public", "X-Other": "1" });
    const written = { written: "object" } as const;
    expect(toldOf(written, headers)).toBe("written=object; uncached=Cache-Control,CDN-Cache-Control");
    expect(toldOf(written, new Headers())).toBe("written=object");
  });

  it("is which kinds of stores were called how often, those that were not left out", () => {
    expect(toldOf({ calls: { object: 2, principal: 0, kv: 1, redis: 0 } })).toBe("calls=object:2,kv:1");
    expect(toldOf({ calls: { object: 0, principal: 0, kv: 0, redis: 0 } })).toBe("");
  });

  it("names the route as it is configured, without what would end a field or the text", () => {
    expect(toldOf({ route: routeOf({ host: "*.shop.test", path: "/a/*", methods: ["GET", "HEAD"] }) })).toBe(
      "route=GET,HEAD *.shop.test/a/*",
    );
    expect(toldOf({ route: routeOf({ path: '/a;b=c"d\\' }) })).toBe("route=/a%3Bb%3Dc%22d%5C");
  });

  it("is how long a request waited for its session, and whether it got it", () => {
    expect(toldOf({ turn: { kind: "timeout", waitedMs: 500, waiting: 2 } })).toBe(
      "lock=timeout; waited=500ms; waiting=2",
    );
    const turn = { kind: "turn", lease: undefined, waitedMs: 3, waiting: 0 } as const;
    expect(toldOf({ turn })).toBe("lock=none; waited=3ms; waiting=0");
    expect(toldOf({ turn: { kind: "unavailable", cause: new Error() } })).toBe("lock=unavailable");
  });

  it("stands in Server-Timing, beside what is there", () => {
    const headers = new Headers({ "Server-Timing": "db;dur=53" });
    writeExplain(headers, "session=new");
    expect(headers.get("Server-Timing")).toBe('db;dur=53, moor;desc="session=new"');
  });
});
