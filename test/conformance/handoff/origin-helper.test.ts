/** @any-runtime */
import { afterAll, describe, expect, it } from "vitest";
import type { ListedSession, SessionList } from "../../../src/sdk/origin/index.ts";
import type { Client } from "../../support/node/client.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { startPlainEdge } from "../../support/node/plain-edge.ts";
import { freePort } from "../../support/node/ports.ts";
import { startSite } from "../../support/node/site.ts";
import { TEST_ISSUER } from "../../support/node/workerd.ts";

// Each of the two must know the other's port, so the origin's is chosen first.
const port = await freePort();
const url = `http://127.0.0.1:${port}`;
const site = await startSite([{ name: "a", url }], {
  handoff: { dataBytes: 40 },
  principals: {},
  pools: [
    { id: "shop", origins: [{ id: "a", url }], session: { may: ["patch", "principal", "end"] } },
    { id: "blog", origins: [{ id: "a", url }] },
  ],
  routes: [
    { path: "/blog/*", pool: "blog" },
    { path: "/assets/*", pool: "shop", session: false },
    { path: "/*", pool: "shop" },
  ],
});
const edge = await startPlainEdge(site.moor.port);
const args = ["--issuer", TEST_ISSUER, "--moor", edge.url];
const origin = await startOrigin("a", { script: "helper-origin.ts", port, args });
afterAll(async () => {
  edge.stop();
  await site.stop();
  await origin.kill();
});

const sessionOf = async (client: Client, path = "/") => JSON.parse((await client.ask(path, { method: "POST" })).text);

describe("an origin with moor/origin", () => {
  it("is given a session from the first request on", async () => {
    expect(await sessionOf(site.client())).toEqual({ version: 0, generation: 0, isNew: true, attributes: {} });
  });

  it("sets, logs in, rotates and ends, and is told so by the next request", async () => {
    const client = site.client();
    await sessionOf(client, "/?set=basket:apples");
    const stored = await sessionOf(client);
    expect(stored).toMatchObject({ version: 1, generation: 0, isNew: false, attributes: { basket: "apples" } });
    await sessionOf(client, "/?login=alice");
    await sessionOf(client, "/?rotate");
    const after = await sessionOf(client);
    expect(after).toMatchObject({ id: stored.id, version: 3, generation: 2, principal: "alice" });
    expect(after.attributes).toEqual({ basket: "apples" });
    await sessionOf(client, "/?end");
    expect(await sessionOf(client)).toMatchObject({ isNew: true, attributes: {} });
  });

  it("has attributes that are too large for the handoff, too", async () => {
    const client = site.client();
    const basket = "apples, pears, plums and quinces, in one basket";
    await sessionOf(client, `/?set=basket:${encodeURIComponent(basket)}&set=n%C3%A4me:%F0%9F%8D%90`);
    expect((await sessionOf(client)).attributes).toEqual({ basket, näme: "🍐" });
  });

  describe("of a principal's sessions", () => {
    const loggedIn = async (name: string) => {
      const client = site.client();
      await sessionOf(client, `/?login=${name}`);
      const { id } = await sessionOf(client);
      return { client, id: id as string };
    };
    const idsOf = async (client: Client) =>
      ((await sessionOf(client, "/?sessions")).sessions as ListedSession[]).map(({ id }) => id);
    const principalOf = async (client: Client) => (await sessionOf(client)).principal;

    it("lists them, ends a single session, and ends all other sessions", async () => {
      const [here, there, third] = [await loggedIn("bob"), await loggedIn("bob"), await loggedIn("bob")];
      await expect.poll(() => idsOf(here.client)).toHaveLength(3);
      const { sessions, count } = (await sessionOf(here.client, "/?sessions")) as SessionList;
      expect(count).toBe(3);
      expect(sessions.filter(({ current }) => current)).toMatchObject([{ id: here.id }]);
      await sessionOf(here.client, `/?end-one=${there.id}`);
      expect(await idsOf(here.client)).not.toContain(there.id);
      expect(await sessionOf(here.client, "/?end-others")).toEqual({ ended: 1, left: 0 });
      expect(await idsOf(here.client)).toEqual([here.id]);
      expect(await principalOf(here.client)).toBe("bob");
      for (const { client } of [there, third]) await expect.poll(() => principalOf(client)).toBe(undefined);
    });

    it("ends all sessions, including its own: its visitor's token is cleared", async () => {
      const [here, there] = [await loggedIn("cid"), await loggedIn("cid")];
      await expect.poll(() => idsOf(here.client)).toHaveLength(2);
      expect(await sessionOf(here.client, "/?end-all")).toEqual({ ended: 2, left: 0 });
      expect(here.client.token).toBe(undefined);
      await expect.poll(() => principalOf(there.client)).toBe(undefined);
    });

    it("ends no session of another principal, and lists no sessions without a principal", async () => {
      const [mallory, victim] = [await loggedIn("mallory"), await loggedIn("victim")];
      for (const id of [victim.id, "..", "A".repeat(22)]) {
        const { text } = await mallory.client.ask(`/?end-one=${id}`, { method: "POST" });
        expect(text).toBe("session-unknown");
      }
      expect(await principalOf(victim.client)).toBe("victim");
      const nobody = site.client();
      expect((await nobody.ask("/?sessions")).text).toBe("session-not-stored");
      await sessionOf(nobody, "/?set=basket:apples");
      expect((await nobody.ask("/?sessions")).text).toBe("principal-missing");
    });
  });

  it("refuses a request that does not come through Moor, and a handoff that is not meant for it", async () => {
    const direct = await fetch(url);
    expect([direct.status, await direct.text()]).toEqual([403, "handoff-missing"]);
    const forged = await fetch(url, { headers: { "Moor-Session": "a.b.c" } });
    expect([forged.status, await forged.text()]).toEqual([403, "handoff-malformed"]);
    expect((await site.client().ask("/blog/")).text).toBe("handoff-misdirected");
    expect((await site.client().ask("/assets/x")).text).toBe("handoff-missing");
  });
});
