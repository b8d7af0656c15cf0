import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { ResolvedRoute } from "../../src/config/resolved.ts";
import type { RouteSessionConfig } from "../../src/config/types.ts";
import { openForRoute } from "../../src/store/open-session.ts";
import { login, patch } from "../support/asks.ts";
import { Client, createEdge, type Edge, setTime } from "../support/edge.ts";
import { POLICY, refTo } from "../support/sessions.ts";
import { at, T0 } from "../support/time.ts";

/** Its pages under /account allow 600 seconds of idleness, and two hours in all; touches are due every minute for it. */
const ACCOUNT = { idleSeconds: 600, absoluteSeconds: 7_200 };
const policy = { ...POLICY, strictestIdleSeconds: ACCOUNT.idleSeconds };

let edge: Edge;
let client: Client;

/** The first call of an object loads the Worker's code, which may take longer than an edge waits. */
beforeAll(async () => {
  const { authority } = createEdge();
  const kind = async () => (await authority.read(refTo("first"), T0)).kind;
  await vi.waitFor(async () => expect(await kind()).toBe("miss"), { timeout: 60_000 });
});

beforeEach(async () => {
  setTime(T0);
  edge = createEdge({ policy });
  client = new Client();
  await edge.visit(client, patch({ basket: "tea" }));
});
afterEach(() => vi.useRealTimers());

/** A session as a request of a route opens it. */
async function openAt(
  time: number,
  session: boolean | RouteSessionConfig = ACCOUNT,
  given: Partial<ResolvedRoute> = {},
) {
  setTime(time);
  const token = await edge.texts.open(client.text ?? "", time);
  const route = { session, freshness: "bounded", onStale: "refuse", touch: true, ...given } as ResolvedRoute;
  const arrival = { arrivedAt: time, region: 0 };
  const request = new Request("https://shop.test/");
  const toMark = new Set<string>();
  const opened = await openForRoute({ request, route, token, arrival, toMark }, edge.parts);
  if (opened.kind !== "session") throw new Error(opened.kind);
  return { ...opened, marks: token !== undefined && toMark.has(token.id) };
}
const visitAt = async (time: number) => {
  setTime(time);
  return edge.visit(client);
};

describe("a route that is stricter than the site (ASVS 7.3.1, 7.3.2)", () => {
  it("serves a session that has been used within its idle timeout, on whatever route", async () => {
    for (let time = 1; time <= 1_800; time += 300) await visitAt(at(time));
    const { session } = await openAt(at(1_900));
    expect(session.view?.attributes).toEqual({ basket: "tea" });
  });

  it("ends a session that has been idle for longer, at most a tenth later", async () => {
    await visitAt(at(1));
    expect((await openAt(at(601))).session.view?.attributes).toEqual({ basket: "tea" });
    const over = await openAt(at(662));
    expect(over.session.returning).toBe(false);
    expect(over.marks).toBe(true);
    expect((await visitAt(at(663))).session?.returning).toBe(false);
  });

  it("leaves it alone where the site allows more", async () => {
    await visitAt(at(1));
    expect((await openAt(at(3_000), true)).session.view?.attributes).toEqual({ basket: "tea" });
  });

  it("ends a session that is older than it allows, however busy", async () => {
    for (let time = 1; time < 7_200; time += 500) await visitAt(at(time));
    expect((await openAt(at(7_199))).session.returning).toBe(true);
    expect((await openAt(at(7_200))).session.returning).toBe(false);
  });

  it("ends it for good, with the reason", async () => {
    await visitAt(at(1));
    const { ref } = await openAt(at(700));
    expect(ref.id).not.toBe(undefined);
    const found = await edge.authority.read(
      { ...ref, id: (await edge.texts.open(client.text ?? "", at(700)))?.id ?? "" },
      at(700),
    );
    expect(found).toMatchObject({ kind: "ended", tombstone: { ended: { reason: "idle" } } });
  });

  it("tells nobody that a session is over while that cannot be stored", async () => {
    await visitAt(at(1));
    edge.authority.down = true;
    await expect(openAt(at(700))).rejects.toThrow("unavailable");
    edge.authority.down = false;
    expect((await openAt(at(701), true)).session.returning).toBe(true);
  });

  it("costs nothing beside what a read costs", async () => {
    await visitAt(at(1));
    await openAt(at(10));
    const before = edge.authority.calls.length;
    await openAt(at(11));
    expect(edge.authority.calls.slice(before)).toEqual([]);
  });
});

describe("a flash", () => {
  it("costs sessions without one nothing", async () => {
    await visitAt(at(1));
    const before = edge.authority.calls.length;
    await openAt(at(2), true);
    expect(edge.authority.calls.slice(before)).toEqual(["read"]);
  });

  it("is taken by one call of the authority, and is not kept by copies", async () => {
    await edge.visit(client, { ask: () => ({ flash: [{ notice: "saved" }] }) });
    const before = edge.authority.calls.length;
    const { session } = await openAt(at(1), true);
    expect(session.flash).toEqual({ notice: "saved" });
    expect(session.view).not.toHaveProperty("flash");
    expect(edge.authority.calls.slice(before)).toEqual(["read", "commit"]);
    expect((await openAt(at(2), true)).session.flash).toBeUndefined();
  });

  it("waits while the authority is out of reach, and for routes that do not touch", async () => {
    await edge.visit(client, { ask: () => ({ flash: [{ notice: "saved" }] }) });
    await visitAt(at(1));
    // Memory answers from here on.
    await openAt(at(7), true, { touch: false });
    edge.authority.down = true;
    expect((await openAt(at(8), true)).session.flash).toBeUndefined();
    edge.authority.down = false;
    expect((await openAt(at(9), true)).session.flash).toEqual({ notice: "saved" });
  });
});

describe("a login that is remembered", () => {
  it("has the longer timeouts, and touches as rare as they allow", async () => {
    const remember = { idleSeconds: 36_000, absoluteSeconds: 864_000 };
    edge = createEdge({ policy: { ...POLICY, remember } });
    client = new Client();
    await edge.visit(client, patch({ basket: "tea" }));
    setTime(at(100));
    const { write } = await edge.visit(client, { ask: () => ({ principal: "alice", remember: true }) });
    expect(write).toMatchObject({ expiresAt: at(100 + 36_000 + 3_600) });
    const calls = async (time: number) => (await visitAt(time)).calls;
    expect(await calls(at(3_699))).toEqual(["read"]);
    expect(await calls(at(3_700))).toEqual(["commit"]);
    expect((await visitAt(at(100_000 - 58_000))).session?.principal).toBe("alice");
  });

  it("is not remembered where the policy is gone: the site's timeouts hold from the next touch on", async () => {
    const remember = { idleSeconds: 36_000, absoluteSeconds: 864_000 };
    edge = createEdge({ policy: { ...POLICY, remember } });
    client = new Client();
    await edge.visit(client, { ask: () => ({ principal: "alice", remember: true }) });
    const later = createEdge({ policy: POLICY, tokens: edge.tokens });
    setTime(at(400));
    const { write } = await later.visit(client);
    expect(write).toMatchObject({ kind: "write" });
    expect(client.token).toHaveLength(84);
    expect((await later.texts.open(client.text ?? "", at(401)))?.expiresAt).toBe(at(400 + 3_960));
  });
});

it("a login alone rotates as ever", async () => {
  await edge.visit(client, login("alice"));
  expect((await openAt(at(1), true)).session.view?.principal).toBe("alice");
});

describe("a session that memory holds", () => {
  const opened = async (time: number, given: { version?: number } = {}) => {
    setTime(time);
    const token = await edge.texts.open(client.text ?? "", time);
    const route = { session: true, freshness: "bounded", onStale: "refuse", touch: true } as const;
    const arrival = { arrivedAt: time, region: 0 };
    const request = new Request("https://shop.test/");
    const tiers = { ...edge.tiers, resolve: () => Promise.reject(new Error("memory has it")) };
    const opening = { request, route, token: token && { ...token, ...given }, arrival, toMark: new Set<string>() };
    const answer = openForRoute(opening, { ...edge.parts, tiers });
    return { ...(await answer), atOnce: !(answer instanceof Promise) };
  };

  it("is opened at once, without asking another store", async () => {
    for (const time of [10, 16]) await visitAt(at(time));
    expect(await opened(at(17))).toMatchObject({
      atOnce: true,
      source: "memory",
      session: { view: { attributes: { basket: "tea" } } },
    });
  });

  it("is not shown to a client whose token has seen no version of it", async () => {
    for (const time of [10, 16]) await visitAt(at(time));
    expect(await opened(at(17), { version: 0 })).toMatchObject({ source: "new", session: { view: undefined } });
  });
});
