/** @any-runtime */
/** @quick */
/** @any-authority */
import { afterAll, describe, expect, it } from "vitest";
import { ofObjectsAlone } from "../support/node/authority.ts";
import { startOrigin } from "../support/node/origins.ts";
import { startSite } from "../support/node/site.ts";

const origins = await Promise.all(["a", "b", "c"].map((name) => startOrigin(name)));
const site = await startSite(origins);
afterAll(async () => {
  await site.stop();
  await Promise.all(origins.map((origin) => origin.kill()));
});

describe("a visitor whose server is stopped", () => {
  it("is answered by another server, with the same session and everything in it", async () => {
    const client = site.client();
    await client.ask("/");
    await client.ask("/?set=basket:apples", { method: "POST" });
    await client.ask("/?login=alice", { method: "POST" });
    const before = (await client.ask("/")).told;
    expect(before.session).toMatchObject({ sub: "alice", data: { basket: "apples" } });

    const serving = origins.find(({ name }) => name === before.server);
    await serving?.kill();
    const after = (await client.ask("/")).told;

    expect(after.server).not.toBe(before.server);
    expect(after.session.sid).toBe(before.session.sid);
    expect(after.session).toMatchObject({ sub: "alice", data: { basket: "apples" } });
    await serving?.restart();
  });
});

describe("a visitor", () => {
  it("stays on one server, before their session is stored and after", async () => {
    const client = site.client();
    const { server } = (await client.ask("/")).told;
    const answers = [];
    for (const path of ["/", "/?set=basket:apples", "/", "/?set=basket:pears", "/"])
      answers.push(await client.ask(path));
    expect(answers.map(({ told }) => told.server)).toEqual(Array(5).fill(server));
  });

  it("costs no storage until something is set", ofObjectsAlone("it counts the files of objects"), async () => {
    const before = await site.moor.storedSessions();
    const client = site.client();
    for (let visit = 0; visit < 3; visit++) await client.ask("/");
    expect(await site.moor.storedSessions()).toEqual(before);
    await client.ask("/?set=basket:apples");
    expect(await site.moor.storedSessions()).toHaveLength(before.length + 1);
  });
});

describe("a login", () => {
  it("raises the generation and rotates the token, and keeps the basket, the session and the server", async () => {
    const client = site.client();
    await client.ask("/?set=basket:apples", { method: "POST" });
    const before = (await client.ask("/")).told;
    const tokenBefore = client.token;

    const login = await client.ask("/?login=alice", { method: "POST" });
    const after = (await client.ask("/")).told;

    expect(client.token).not.toBe(tokenBefore);
    expect(login.setCookies.map((cookie) => cookie.split("=")[0])).toEqual(["__Host-moor", "__Host-moor-gen"]);
    expect(before.session).toMatchObject({ gen: 0, data: { basket: "apples" } });
    expect(before.session.sub).toBeUndefined();
    expect(after.session).toMatchObject({
      sid: before.session.sid,
      gen: 1,
      sub: "alice",
      data: { basket: "apples" },
    });
    expect(after.server).toBe(before.server);
  });
});

describe("Moor itself, killed and started again on the same storage", () => {
  it("knows every session, down to the last change that it acknowledged", async () => {
    const clients = await Promise.all(
      ["alice", "bob", "carol"].map(async (name) => {
        const client = site.client();
        await client.ask(`/?login=${name}`, { method: "POST" });
        return { name, client };
      }),
    );
    await Promise.all(clients.map(({ name, client }) => client.ask(`/?set=basket:${name}s`, { method: "POST" })));
    await site.moor.crashAndRestart();

    for (const { name, client } of clients) {
      expect((await client.ask("/")).told.session).toMatchObject({ sub: name, data: { basket: `${name}s` } });
    }
  });
});

it("keeps keys, tokens, principals and attributes out of the log", () => {
  expect(site.indiscretions("alice", "bob", "carol", "apples", "pears")).toEqual([]);
});
