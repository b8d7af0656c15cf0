import { afterAll, describe, expect, it } from "vitest";
import type { Client } from "../support/node/client.ts";
import { type RunningOrigin, startOrigin } from "../support/node/origins.ts";
import { startSite } from "../support/node/site.ts";

/** The number of origins at the beginning, and of origins that are added while the visitors are there. */
const [FIRST, ADDED] = [18, 2];
const CLIENTS = Number(process.env.MOOR_CROWD ?? 400);
/** Pages of each client after the page that stores its session. */
const PAGES = 4;
/** Requests under way at once. */
const UNDER_WAY = 64;
/** Longer than the whole test can take, and shorter than a session lasts. */
const OPENS_AFTER_SECONDS = 3_600;

interface Visitor {
  readonly client: Client;
  readonly basket: string;
  server: string | undefined;
  /** The origin that served them first. They go home when it is back after a moment. */
  home: string | undefined;
  /** When their first request was sent. */
  bornAt: number | undefined;
}

describe("a crowd before 20 origins, while origins are killed, come back and are added", async () => {
  const names = Array.from({ length: FIRST + ADDED }, (_, at) => `origin-${at}`);
  const origins = await Promise.all(names.map((name) => startOrigin(name)));
  const byName = new Map(origins.map((origin) => [origin.name, origin]));
  // Half of the clients come before `opensAt`, on Moor's clock, which is moved ahead.
  const opensAt = Math.ceil(Date.now() / 1000) * 1000 + OPENS_AFTER_SECONDS * 1000;
  const pool = {
    id: "shop",
    origins: origins.map(({ name, url }, at) => ({
      id: name,
      url,
      ...(at < FIRST ? {} : { open: [{ from: new Date(opensAt).toISOString().replace(".000", "") }] }),
    })),
  };
  const site = await startSite(origins, { pools: [pool], watched: true });
  afterAll(async () => {
    await site.stop();
    await Promise.all(origins.map((origin) => origin.kill()));
  });

  const visitors = Array.from({ length: CLIENTS }, (_, at): Visitor => {
    return { client: site.client(), basket: `apples-${at}`, server: undefined, home: undefined, bornAt: undefined };
  });
  /** When each origin was away: from its kill until it answers again. */
  const away: { readonly name: string; readonly from: number; until: number }[] = [];
  const wasAway = (name: string, since: number) => away.some((it) => it.name === name && it.until >= since);
  /**
   * Whether a move is only for a moment. A visitor goes home when their own origin serves again, even if it was away at
   * their birth. While their own origin is away, the pin is provisional: a returning origin that is nearer in their
   * order takes them.
   */
  const isForAMoment = ({ home = "", bornAt = 0 }: Visitor, server: string, since: number) =>
    server === home || wasAway(home, since) || away.some(({ name, from }) => name === server && from < bornAt);
  const failed: unknown[] = [];
  const movedWithoutNeed: string[] = [];
  let [requests, moved] = [0, 0];

  async function visit(visitor: Visitor, path: string, method = "GET"): Promise<void> {
    const begun = Date.now();
    const before = visitor.client.token === undefined ? undefined : visitor.server;
    const answer = await visitor.client.ask(path, { method }).catch((cause: unknown) => cause);
    // Each visit uses a connection of its own, because an idle connection could be closed under a request.
    visitor.client.close();
    if (answer instanceof Error) return void failed.push(answer);
    const { status, told } = answer as Awaited<ReturnType<Client["ask"]>>;
    requests++;
    if (status !== 200 && method === "GET") return void failed.push([path, status]);
    // A change that may have reached an origin is never sent twice: the visitor tries again.
    if (status !== 200) return visit(visitor, path, method);
    if (before !== undefined && told.server !== before) {
      moved++;
      if (!wasAway(before, begun) && !isForAMoment(visitor, told.server, begun))
        movedWithoutNeed.push(`${before} to ${told.server}`);
    }
    visitor.server = told.server;
    visitor.home ??= told.server;
    visitor.bornAt ??= begun;
    const { basket } = told.session.data ?? {};
    if (method === "GET" && path === "/page" && basket !== visitor.basket) failed.push(["basket", basket]);
  }

  /**
   * Has each of the visitors come `times`, at most {@link UNDER_WAY} at once. Each event of `at` happens when its share
   * of the visits is done.
   */
  async function come(some: readonly Visitor[], times: number, at: Record<number, () => Promise<void>> = {}) {
    const turns = Array.from({ length: times }, () => some).flat();
    const due = Object.entries(at).map(([share, happens]) => ({ turn: Number(share) * turns.length, happens }));
    const happening: Promise<void>[] = [];
    let next = 0;
    const worker = async () => {
      for (let turn = next++; turn < turns.length; turn = next++) {
        while (due[0] && turn >= due[0].turn) happening.push((due.shift() as (typeof due)[number]).happens());
        await visit(turns[turn] as Visitor, "/page");
      }
    };
    await Promise.all(Array.from({ length: UNDER_WAY }, worker));
    await Promise.all(happening);
  }

  async function begin(some: readonly Visitor[]): Promise<void> {
    let next = 0;
    const worker = async () => {
      for (let visitor = some[next++]; visitor; visitor = some[next++]) {
        // A first response that took over two seconds gives no token.
        while (!visitor.client.token) await visit(visitor, "/");
        await visit(visitor, `/?set=basket:${visitor.basket}`, "POST");
      }
    };
    await Promise.all(Array.from({ length: UNDER_WAY }, worker));
  }

  const kill = async (name: string) => {
    away.push({ name, from: Date.now(), until: Number.POSITIVE_INFINITY });
    await (byName.get(name) as RunningOrigin).kill();
  };
  const restart = async (name: string) => {
    await (byName.get(name) as RunningOrigin).restart();
    const last = away.findLast((it) => it.name === name);
    if (last) last.until = Date.now();
  };

  it("no GET fails, no visitor loses their basket, and no visitor changes origin without need", {
    timeout: 300_000,
  }, async () => {
    const [early, late] = [visitors.slice(0, CLIENTS / 2), visitors.slice(CLIENTS / 2)];
    await begin(early);
    await come(early, PAGES / 2, {
      0.3: () => kill("origin-3"),
      0.5: () => kill("origin-7"),
      0.8: () => restart("origin-3"),
    });
    await site.moor.elapse(OPENS_AFTER_SECONDS);
    await begin(late);
    await come(visitors, PAGES / 2, { 0.3: () => kill("origin-11"), 0.6: () => restart("origin-7") });

    expect(failed).toEqual([]);
    expect(movedWithoutNeed).toEqual([]);
    expect(moved).toBeGreaterThan(CLIENTS / 50);
    const servers = (some: readonly Visitor[]) => new Set(some.map(({ server }) => server));
    console.log(
      `${CLIENTS} clients, ${requests} requests, ${moved} changes of origin, none without need, no GET failed`,
    );
    for (const name of names.slice(FIRST)) {
      expect(servers(late)).toContain(name);
      expect(servers(early)).not.toContain(name);
    }
  });
});
