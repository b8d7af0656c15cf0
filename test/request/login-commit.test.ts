import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { Login } from "../../src/session/login.ts";
import { Client, createEdge, doneOf, setTime } from "../support/edge.ts";
import { T0 } from "../support/time.ts";

const ISSUER = "https://id.example.com";
const login = (sub = "alice"): Login => ({ issuer: ISSUER, sub, at: 0, claims: {}, roleClaims: {} });
const asking = (sub = "alice") => ({ ask: () => ({ principal: sub, login: login(sub) }) });
const patching = { ask: () => ({ patches: [{ basket: "tea" }] }) };

// The first object of a process takes long on a busy machine.
beforeAll(async () => {
  await createEdge().visit(new Client(), patching);
});
beforeEach(() => setTime(T0));
afterEach(() => vi.useRealTimers());

describe("the commit of a login at the provider", () => {
  it("stores the login with the time of the authority, and rotates", async () => {
    const edge = createEdge();
    const client = new Client();
    doneOf(await edge.visit(client, patching));
    const { view, rotated } = doneOf(await edge.visit(client, asking()));
    expect(rotated).toBe(true);
    expect(view).toMatchObject({ principal: "alice", login: { ...login(), at: T0 }, attributes: { basket: "tea" } });
  });

  it("founds a session although the address of the visitor has founded too many: a whole office may share it", async () => {
    const edge = createEdge();
    const limited = {
      ...edge,
      parts: Object.assign(edge.parts, { mayFound: async () => ({ kind: "founding-limited" }) as const }),
    };
    expect((await limited.visit(new Client(), patching)).committed).toEqual({ kind: "founding-limited" });
    expect((await limited.visit(new Client(), asking())).committed?.kind).toBe("done");
  });

  it("of the same person in another tab changes nothing", async () => {
    const edge = createEdge();
    const client = new Client();
    doneOf(await edge.visit(client, patching));
    const other = client.copy();
    await edge.visit(client, asking());
    const joined = await edge.visit(other, { ask: () => ({ principal: "alice", login: login(), joins: true }) });
    expect(doneOf(joined)).toMatchObject({ rotated: false });
    expect(joined.write.kind).toBe("none");
  });

  it("of another person in another tab starts a session of its own, without a login of the first", async () => {
    const edge = createEdge();
    const client = new Client();
    doneOf(await edge.visit(client, patching));
    const planted = client.copy();
    await edge.visit(client, asking());
    setTime(T0 + 20_000);
    const own = doneOf(
      await edge.visit(planted, { ask: () => ({ principal: "mallory", login: login("mallory"), joins: true }) }),
    );
    expect(own.view).toMatchObject({ principal: "mallory", login: { sub: "mallory" } });
    expect((await edge.visit(client, { strict: true })).session?.view?.login?.sub).toBe("alice");
  });
});

describe("a session with a login at the provider", () => {
  it("takes no other principal from an origin, and keeps the login", async () => {
    const edge = createEdge();
    const client = new Client();
    await edge.visit(client, asking());
    const refused = await edge.visit(client, { ask: () => ({ principal: "mallory" }) });
    expect(refused.committed).toMatchObject({ kind: "refused" });
    expect((await edge.visit(client, { strict: true })).session?.view?.login?.sub).toBe("alice");
  });

  it("keeps its login when an origin names the same principal, or changes attributes", async () => {
    const edge = createEdge();
    const client = new Client();
    await edge.visit(client, asking());
    await edge.visit(client, { ask: () => ({ principal: "alice" }) });
    const { view } = doneOf(await edge.visit(client, patching));
    expect(view?.login).toMatchObject({ sub: "alice", at: T0 });
  });

  it("leaves no login when it ends", async () => {
    const edge = createEdge();
    const client = new Client();
    await edge.visit(client, asking());
    const { view } = doneOf(await edge.visit(client, { ask: () => ({ end: true }) }));
    expect(view?.ended).toBeDefined();
    expect(view).not.toHaveProperty("login");
    expect(view).not.toHaveProperty("principal");
  });
});
