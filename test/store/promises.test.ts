import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { end, login, patch, rotate } from "../support/asks.ts";
import { Client, createEdge, setTime } from "../support/edge.ts";
import { POLICY } from "../support/sessions.ts";
import { at, T0 } from "../support/time.ts";

beforeEach(() => setTime(T0));
afterEach(() => vi.useRealTimers());

async function shop(edge = createEdge()) {
  const client = new Client();
  await edge.visit(client);
  await edge.visit(client, patch({ basket: "tea" }));
  return { edge, client };
}

describe("the promises to a client", () => {
  it("a client that was told ended is not shown the session alive again (strict route, then a bounded one)", async () => {
    const { edge, client } = await shop();
    const elsewhere = createEdge({ tokens: edge.tokens });
    setTime(at(6));
    await edge.visit(client);
    await elsewhere.visit(client.copy(), end);
    expect((await edge.visit(client, { strict: true, navigates: false })).session?.isNew).toBe(true);
    expect((await edge.visit(client, { navigates: false })).session?.isNew).toBe(true);
  });

  it("a session that has ended is not founded again after newSessionHours was raised", async () => {
    const { edge, client } = await shop();
    const raised = createEdge({ tokens: edge.tokens, policy: { ...POLICY, newSessionHours: 20 } });
    for (const second of [3_000, 6_000, 9_000]) {
      setTime(at(second));
      await edge.visit(client);
    }
    const id = (await edge.visit(client)).session?.id ?? "";
    const other = client.copy();
    const meanwhile = async () => {
      await edge.visit(other, end);
      await runDurableObjectAlarm(env.SESSION_OBJECT.getByName(id));
    };
    expect((await raised.visit(client, { ...patch({ late: 1 }), meanwhile })).committed).toEqual({
      kind: "ended",
    });
  });

  it("no client reads older data than it has seen when responses take less than the settle time (4.9 s)", async () => {
    const { edge, client } = await shop();
    const elsewhere = createEdge({ tokens: edge.tokens });
    setTime(at(10.999));
    const slow = await edge.visit(client.copy(), patch({ v: 1 }));
    const racing = client.copy();
    racing.receive(slow.write);
    setTime(at(15.4));
    await elsewhere.visit(racing.copy());
    setTime(at(15.5));
    await edge.visit(racing, patch({ v: 2 }));
    setTime(at(15.9));
    racing.receive(slow.write);
    expect((await elsewhere.visit(racing)).session?.attributes.v).toBe(2);
  });

  it("two parallel rotations log no visitor out and cost no visitor their basket", async () => {
    const { edge, client } = await shop();
    await edge.visit(client, login("alice"));
    const other = client.copy();
    await edge.visit(client, rotate);
    client.receive((await edge.visit(other, rotate)).write);
    expect((await edge.visit(client)).session).toMatchObject({ principal: "alice", attributes: { basket: "tea" } });
  });

  it("the same principal who logs in from the earlier generation (its rotation's response was lost) keeps their basket", async () => {
    const { edge, client } = await shop();
    await edge.visit(client, login("alice"));
    await edge.visit(client.copy(), rotate);
    await edge.visit(client, login("alice"));
    expect((await edge.visit(client)).session).toMatchObject({ principal: "alice", attributes: { basket: "tea" } });
  });
});
