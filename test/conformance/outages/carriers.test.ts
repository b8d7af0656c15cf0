/** @needs redis-server */
/** @any-fallback */
import { afterAll, describe, expect, it } from "vitest";
import type { Answer } from "../../support/node/client.ts";
import { idOf } from "../../support/node/forge.ts";
import { HeaderClient } from "../../support/node/header-client.ts";
import { explained, startStores } from "../../support/node/stores.ts";

const { site, stop, withoutObjects, journalLength } = await startStores({
  stores: { backup: "sync" },
  carriers: [{ type: "cookie" }, { type: "header" }, { type: "url" }],
});
afterAll(stop);

/** A client that holds token, proof and mark as a single text, and keeps no cookies. */
interface Visitor {
  held: string;
  ask(path: string, method?: string): Promise<Answer>;
}

function byHeader(): Visitor {
  return Object.assign(new HeaderClient(site.client()), {
    ask(this: HeaderClient, path: string, method = "GET") {
      return HeaderClient.prototype.ask.call(this, path, { method });
    },
  });
}

/** Follows redirects of the site. Its text is in the address that it is sent to. */
function byUrl(): Visitor {
  const client = site.client();
  const headers = { "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate" };
  return {
    held: "",
    async ask(path, method = "GET") {
      const address = new URL(path, "https://shop.test");
      address.searchParams.append("header", "Location:/next");
      if (this.held !== "") address.searchParams.append("moor", this.held);
      const answer = await client.send(address.pathname + address.search, { method, headers });
      this.held = new URL(String(answer.headers.location), address).searchParams.get("moor") ?? "";
      return answer;
    },
  };
}

const markOf = ({ held }: Visitor) => held.split(".")[2];

describe.each([
  ["a header", byHeader],
  ["the URL", byUrl],
])("a visitor whose token travels in %s", (_where, visitor) => {
  async function shopper(): Promise<Visitor> {
    const client = visitor();
    await client.ask("/");
    await client.ask("/?set=basket:tea", "POST");
    await client.ask("/?login=alice", "POST");
    await client.ask("/");
    return client;
  }

  it("gets the mark together with token and proof, when the journal has taken a change of theirs", async () => {
    const client = await shopper();
    const { held } = client;
    expect(markOf(client)).toBe(undefined);
    const before = Date.now();
    await withoutObjects(async () => {
      expect((await client.ask("/?set=coupon:10", "POST")).status).toBe(200);
      expect(client.held).toMatch(/^[\w-]{84}\.[\w-]{56}\.[\w-]{34}$/);
      expect(client.held.startsWith(`${held}.`)).toBe(true);
      expect(Buffer.from((markOf(client) ?? "").slice(2), "base64url").readUIntBE(2, 6)).toBeGreaterThanOrEqual(before);
      const { session } = (await client.ask("/")).told;
      expect(session).toMatchObject({ sub: "alice", data: { basket: "tea", coupon: "10" } });
    });
  });

  it("has the journal taken over by their mark, when the objects are back, and by nothing else", async () => {
    const client = await shopper();
    const id = idOf(client.held);
    await withoutObjects(() => client.ask("/?set=coupon:10", "POST"));
    // An isolate remembers by itself the changes that it has given to the journal.
    await site.moor.crashAndRestart();

    const unmarked = visitor();
    unmarked.held = client.held.replace(/\.[\w-]{34}$/, "");
    expect((await unmarked.ask("/strict/")).told.session.data).toEqual({ basket: "tea" });
    expect(await journalLength(id)).toBe(1);

    const answer = await client.ask("/strict/");
    expect(explained(answer)).toContain("session=object");
    expect(answer.told.session).toMatchObject({ sub: "alice", data: { basket: "tea", coupon: "10" } });
    expect(await journalLength(id)).toBe(0);
  });

  it("keeps the mark through the tokens that follow", async () => {
    const client = await shopper();
    await withoutObjects(() => client.ask("/?set=coupon:10", "POST"));
    const mark = markOf(client);
    expect(mark).toMatch(/^[\w-]{34}$/);
    await client.ask("/?set=more:1", "POST");
    expect([markOf(client), (await client.ask("/")).told.session.data]).toEqual([
      mark,
      { basket: "tea", coupon: "10", more: "1" },
    ]);
  });

  it("loses nothing by a 503: the parts that the client gets with it, or holds already, are still good", async () => {
    const client = await shopper();
    await withoutObjects(async () => {
      await client.ask("/?set=coupon:10", "POST");
      const { held } = client;
      expect((await client.ask("/?login=bob", "POST")).status).toBe(503);
      client.held ||= held;
    });
    await site.moor.crashAndRestart();
    expect((await client.ask("/strict/")).told.session).toMatchObject({ sub: "alice", data: { coupon: "10" } });
  });
});

it("keeps keys, tokens, principals and attributes out of the log", () => {
  expect(site.indiscretions("alice", "coupon", "basket", "tea")).toEqual([]);
});
