/** @any-runtime */
/** @any-authority */
import { afterAll, describe, expect, it } from "vitest";
import type { Client } from "../../support/node/client.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { startSite } from "../../support/node/site.ts";

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const origin = await startOrigin("a");
const site = await startSite([origin], {
  watched: true,
  session: {
    idleSeconds: HOUR,
    absoluteSeconds: 8 * HOUR,
    remember: { idleSeconds: 20 * HOUR, absoluteSeconds: 60 * HOUR },
  },
  routes: [
    { path: "/bank/*", pool: "shop", session: { idleSeconds: 5 * MINUTE } },
    { path: "/vault/*", pool: "shop", session: { absoluteSeconds: 30 * MINUTE } },
    { path: "/poll/*", pool: "shop", touch: false },
    { path: "/*", pool: "shop" },
  ],
});
afterAll(async () => {
  await site.stop();
  await origin.kill();
});
const { elapse } = site.moor;

async function alice(query = ""): Promise<Client> {
  const client = site.client();
  await client.ask(`/?login=alice&set=basket:apples${query}`, { method: "POST" });
  await client.ask("/");
  return client;
}
const subOf = async (client: Client, path = "/") => (await client.ask(path)).told.session.sub;
/** The session that a copy of its cookies is shown. The client keeps nothing of the answer. */
const copySees = async (client: Client, path = "/") => {
  return (await site.client(client.cookies).send(path)).told.session.sub;
};
/** Visits a path every few minutes. */
async function visit(client: Client, path: string, times: number, everySeconds: number) {
  for (let nth = 0; nth < times; nth++) {
    await elapse(everySeconds);
    await client.ask(path);
  }
}
const endsOf = (reason: string) =>
  site.moor.logged.filter((line) => line.includes(`"kind":"ended"`) && line.includes(`"reason":"${reason}"`)).length;

describe("the site's idle timeout", () => {
  it("ends a session that has not been used for the timeout, and at most a tenth later", async () => {
    const client = await alice();
    await elapse(59 * MINUTE);
    expect(await subOf(client)).toBe("alice");
    await elapse(66 * MINUTE);
    expect(await subOf(client)).toBe(undefined);
  });

  it("counts from the last request, except from polls", async () => {
    const [used, polled] = [await alice(), await alice()];
    for (let nth = 0; nth < 3; nth++) {
      await elapse(30 * MINUTE);
      await used.ask("/");
      await polled.ask("/poll/");
    }
    expect(await subOf(used)).toBe("alice");
    expect(await subOf(polled)).toBe(undefined);
  });

  it("is longer for a remembered visitor", async () => {
    const client = await alice("&remember");
    await elapse(19 * HOUR);
    expect(await subOf(client)).toBe("alice");
    await elapse(21 * HOUR);
    expect(await subOf(client)).toBe(undefined);
  });
});

describe("the site's absolute timeout", () => {
  it("ends a session that is used all the time", async () => {
    const client = await alice();
    await visit(client, "/", 9, 50 * MINUTE);
    expect(await subOf(client)).toBe("alice");
    await visit(client, "/", 1, 50 * MINUTE);
    expect(await subOf(client)).toBe(undefined);
  });

  it("counts for a remembered visitor from the login on", async () => {
    const client = site.client();
    await client.ask("/?set=basket:apples", { method: "POST" });
    await visit(client, "/", 8, 50 * MINUTE);
    await client.ask("/?login=alice&remember", { method: "POST" });
    await visit(client, "/", 3, 19 * HOUR);
    expect(await subOf(client)).toBe("alice");
    await visit(client, "/", 1, 4 * HOUR);
    expect(await subOf(client)).toBe(undefined);
  });
});

describe("a route's own idle timeout", () => {
  it("serves a visitor who comes within it", async () => {
    const client = await alice();
    await elapse(4 * MINUTE);
    expect(await subOf(client, "/bank/")).toBe("alice");
  });

  it("counts from the last request to any route", async () => {
    const client = await alice();
    await visit(client, "/", 3, 4 * MINUTE);
    expect(await subOf(client, "/bank/")).toBe("alice");
  });

  it("does not count polls as such", async () => {
    const client = await alice();
    await visit(client, "/poll/", 2, 4 * MINUTE);
    expect(await subOf(client, "/bank/")).toBe(undefined);
  });

  it("does not concern other routes, while the session is not used on this route", async () => {
    const client = await alice();
    await elapse(10 * MINUTE);
    expect(await subOf(client)).toBe("alice");
  });

  it("ends a session that comes later for good: on every route, with every copy of its token, and tells why", async () => {
    const client = await alice();
    const thief = site.client(client.cookies);
    await elapse(6 * MINUTE);
    const before = endsOf("idle");
    const { told, setCookies } = await client.ask("/bank/");
    expect(told.session).toMatchObject({ new: true });
    expect(told.session.data).toBe(undefined);
    expect(setCookies).not.toEqual([]);
    for (const path of ["/", "/bank/", "/vault/"]) expect(await copySees(thief, path)).toBe(undefined);
    await expect.poll(() => endsOf("idle")).toBe(before + 1);
  });
});

describe("a route's own absolute timeout", () => {
  it("serves a session that is younger, however idle", async () => {
    const client = await alice();
    await elapse(29 * MINUTE);
    expect(await subOf(client, "/vault/")).toBe("alice");
  });

  it("ends an older session for good, although it is used all the time", async () => {
    const client = await alice();
    const thief = site.client(client.cookies);
    await visit(client, "/", 7, 4 * MINUTE);
    await elapse(3 * MINUTE);
    const before = endsOf("absolute");
    expect(await subOf(client, "/vault/")).toBe(undefined);
    expect(await copySees(thief)).toBe(undefined);
    await expect.poll(() => endsOf("absolute")).toBe(before + 1);
  });

  it("is nothing to other routes", async () => {
    const client = await alice();
    await visit(client, "/", 10, 4 * MINUTE);
    expect(await subOf(client)).toBe("alice");
  });
});

describe("the grace of a rotation", () => {
  it("shows an older token the state before the login, and 30 seconds after the first use of the login nothing", async () => {
    const client = site.client();
    await client.ask("/?set=basket:apples", { method: "POST" });
    await client.ask("/");
    const planted = site.client(client.cookies);
    const seen = async () => {
      const { sub, data } = (await planted.send("/")).told.session;
      return { sub, data };
    };
    const before = { sub: undefined, data: { basket: "apples" } };
    await client.ask("/?login=alice&set=address:harbour", { method: "POST" });
    await elapse(29);
    expect(await seen()).toEqual(before);
    await client.ask("/");
    await elapse(20);
    expect(await seen()).toEqual(before);
    await elapse(11);
    expect(await seen()).toEqual({ sub: undefined, data: undefined });
    expect((await client.ask("/")).told.session).toMatchObject({ sub: "alice", data: { address: "harbour" } });
  });
});

it("keeps keys, tokens, principals and attributes out of the log", () => {
  expect(site.indiscretions("alice", "apples", "harbour")).toEqual([]);
});
