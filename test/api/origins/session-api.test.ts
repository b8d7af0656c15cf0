import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { createSessionApi } from "../../../src/api/origins/session-api.ts";
import type { Handoff } from "../../../src/upstream/wire/handoff.ts";
import { pool, resolved } from "../../config/configs.ts";
import { setTime } from "../../support/edge.ts";
import { ADDRESS, createTestHandoffs } from "../../support/handoffs.ts";
import { type OneSession, oneSession } from "../../support/one-session.ts";
import { copyOf, sessionOf } from "../../support/sessions.ts";
import { at, T0 } from "../../support/time.ts";

const config = resolved({ pools: [pool()] });
let handoff: Handoff;
let session: OneSession;

beforeAll(async () => {
  handoff = await createTestHandoffs();
});
beforeEach(async () => {
  setTime(T0);
  session = oneSession();
  await session.commit({ patches: [{ basket: "tea" }], touch: true });
  await session.settled();
});
afterEach(() => vi.useRealTimers());

/** A request of an origin, with the handoff of a request that was shown version 1 of the session. */
async function ask(method: string, { body, ifMatch }: { body?: string; ifMatch?: string } = {}): Promise<Response> {
  const shown = sessionOf(copyOf(session.id));
  const jwt = await handoff.sign(shown, { pool: config.pools[0]!, ...ADDRESS }, Date.now());
  const api = createSessionApi({
    config,
    authority: session.sessions,
    handoff,
    clock: () => Date.now(),
  });
  const headers = { Authorization: `Bearer ${jwt}`, ...(ifMatch === undefined ? {} : { "If-Match": ifMatch }) };
  const init = { method, headers, ...(body === undefined ? {} : { body }) };
  const url = new URL("http://moor.test/.moor/session");
  const answered = api(new Request(url, init), url, () => {});
  if (!answered) throw new Error(`nothing is there for ${method}`);
  return answered;
}

describe("a change that an origin makes without the visitor", () => {
  it("comes after the visitor's journaled changes: the journal does not undo it later", async () => {
    await session.journal({ patches: [{ basket: "rum" }, { coupon: 1 }] });
    setTime(at(10));
    expect((await ask("PATCH", { body: '{"basket":"mug"}' })).status).toBe(200);
    expect(session.record()?.attributes).toEqual({ basket: "mug", coupon: 1 });
    await session.sessions.takeOver(session.id);
    expect(session.record()?.attributes).toEqual({ basket: "mug", coupon: 1 });
  });

  it("asks for its version after that as well", async () => {
    await session.journal({ patches: [{ coupon: 1 }] });
    expect((await ask("PATCH", { body: "{}", ifMatch: '"1"' })).status).toBe(412);
  });

  it("ends the session together with the changes that the journal held", async () => {
    await session.journal({ patches: [{ coupon: 1 }] });
    expect((await ask("DELETE")).status).toBe(204);
    expect(await session.held()).toMatchObject({ record: { ended: {} }, entries: [] });
  });

  it.each([
    ["PATCH", '{"basket":"mug"}'],
    ["DELETE", undefined],
  ])("is refused when the journal cannot be read, and may be tried again (%s)", async (method, body) => {
    session.redis.meets("down");
    const { status, headers } = await ask(method, body === undefined ? {} : { body });
    expect([status, headers.get("Retry-After")]).toEqual([503, "2"]);
    expect(session.record()).toMatchObject({ version: 1, attributes: { basket: "tea" } });
  });

  it("looks once, though the journal has just been looked at", async () => {
    setTime(at(10));
    await session.sessions.takeOver(session.id);
    expect(await session.redis.during(() => ask("PATCH", { body: '{"a":1}' }))).toEqual(["read", "keep"]);
  });
});
