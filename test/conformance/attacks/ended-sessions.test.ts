/** @any-runtime */
/** @any-authority */
import { afterAll, describe, expect, it } from "vitest";
import type { Client } from "../../support/node/client.ts";
import { forgeToken, idOf } from "../../support/node/forge.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { startSite } from "../../support/node/site.ts";

const origin = await startOrigin("a");
const site = await startSite([origin], { session: { graceSeconds: 0 } });
afterAll(async () => {
  await site.stop();
  await origin.kill();
});

/** A session that has ended, with every stage of its tokens, because a client may have kept any of them. */
async function endedSession({ login } = { login: true }) {
  const client = site.client();
  await client.ask("/");
  const unsaved = site.client(client.cookies);
  await client.ask("/?set=basket:apples", { method: "POST" });
  const stored = site.client(client.cookies);
  if (login) await client.ask("/?login=alice", { method: "POST" });
  const loggedIn = site.client(client.cookies);
  await client.ask("/?set=address:harbour", { method: "POST" });
  const { sid } = (await client.ask("/")).told.session;
  const latest = site.client(client.cookies);
  const withoutProof = new Map(latest.cookies);
  withoutProof.delete("__Host-moor-gen");
  const end = await client.ask("/?end", { method: "POST" });
  const kept: Record<string, Client> = { unsaved, stored, loggedIn, latest, withoutProof: site.client(withoutProof) };
  return { client, end, sid: sid ?? "", kept };
}

const stages = [
  ...["unsaved", "stored", "loggedIn", "latest", "withoutProof"].map((stage) => ({ stage, login: true })),
  ...["unsaved", "stored", "latest"].map((stage) => ({ stage, login: false })),
];

describe("the end of a session", () => {
  it("takes token and proof from the client", async () => {
    const { client, end } = await endedSession();
    expect(end.status).toBe(200);
    expect([...client.cookies.keys()]).toEqual([]);
    for (const cookie of end.setCookies) expect(cookie).toMatch(/^__Host-moor(-gen|-new)?=; Max-Age=0; /);
    expect((await client.ask("/")).told.session).toMatchObject({ gen: 0, ver: 0, new: true });
  });
});

describe.each(stages)("a token kept from before the end ($stage, login: $login)", ({ stage, login }) => {
  it("has no session any more", async () => {
    const { kept } = await endedSession({ login });
    const { session } = (await (kept[stage] as Client).ask("/")).told;
    expect(session).toMatchObject({ gen: 0, ver: 0, new: true });
    expect(session).not.toHaveProperty("sid");
    expect(session).not.toHaveProperty("sub");
    expect(session).not.toHaveProperty("data");
  });

  it("revives nothing by a change: the change founds a session of its own", async () => {
    const { kept, sid } = await endedSession({ login });
    const client = kept[stage] as Client;
    await client.ask("/?set=basket:pears", { method: "POST" });
    const { session } = (await client.ask("/")).told;
    expect(session.data).toEqual({ basket: "pears" });
    expect(session.sid).not.toBe(sid);
    expect(session).not.toHaveProperty("sub");
  });

  it("revives nothing by a login", async () => {
    const { kept, sid } = await endedSession({ login });
    const client = kept[stage] as Client;
    await client.ask("/?login=mallory", { method: "POST" });
    const { session } = (await client.ask("/")).told;
    expect(session).toMatchObject({ sub: "mallory", data: {} });
    expect(session.sid).not.toBe(sid);
  });
});

describe("a tombstone", () => {
  it("is there after Moor has been killed and started again", async () => {
    const { kept, sid } = await endedSession();
    await site.moor.crashAndRestart();
    for (const client of Object.values(kept)) {
      expect((await client.send("/")).told.session).not.toHaveProperty("sid");
      await client.ask("/?set=basket:pears", { method: "POST" });
      expect((await client.ask("/")).told.session.sid).not.toBe(sid);
    }
  });
});

describe("a session that another principal takes over", () => {
  it("ends for the first principal, with all their tokens", async () => {
    const client = site.client();
    await client.ask("/?login=alice&set=basket:apples", { method: "POST" });
    const { sid } = (await client.ask("/")).told.session;
    const kept = site.client(client.cookies);
    await client.ask("/?login=bob", { method: "POST" });

    const { session } = (await client.ask("/")).told;
    expect(session).toMatchObject({ sub: "bob", data: {} });
    expect(session.sid).not.toBe(sid);
    expect((await kept.ask("/")).told.session).not.toHaveProperty("sid");
  });
});

describe("a token above version 0 whose record is gone", () => {
  it("belongs to an ended session, and founds no session under its key", async () => {
    const token = forgeToken(site.moor.keys, { version: 3 });
    const client = site.client([["__Host-moor", token]]);
    expect((await client.send("/")).told.session).not.toHaveProperty("sid");
    await client.ask("/?set=basket:pears", { method: "POST" });
    const { sid } = (await client.ask("/")).told.session;
    expect(sid).toBeDefined();
    expect(sid).not.toBe(idOf(token));
  });
});

it("keeps keys, tokens, principals and attributes out of the log", () => {
  expect(site.indiscretions("alice", "bob", "mallory", "apples", "pears", "harbour")).toEqual([]);
});
