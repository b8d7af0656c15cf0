/** @quick */
/** @any-authority */
import { connect } from "node:net";
import { afterAll, describe, expect, it } from "vitest";
import { AUTHORITY } from "../../support/node/authority.ts";
import type { Answer, Asking, Client } from "../../support/node/client.ts";
import { type RunningOrigin, startOrigin } from "../../support/node/origins.ts";
import { named, startWatchedPool } from "../../support/node/pool-visitors.ts";
import { originConfig } from "../../support/node/site.ts";
import { explained } from "../../support/node/stores.ts";

/** Four isolates of one Worker, with objects and KV in common, as in four places of the Earth. */
const PLACES = [
  { colo: "FRA", continent: "EU", longitude: "8" },
  { colo: "IAD", continent: "NA", longitude: "-77" },
  { colo: "NRT", continent: "AS", longitude: "139" },
  { colo: "SYD", continent: "OC", longitude: "151" },
];
/**
 * The age that a copy in memory may have, which is also the settle period of a token. In seconds, with a second to
 * spare.
 */
const FRESH = 6;
const origins = await Promise.all(["a", "b", "c"].map((name) => startOrigin(name)));
const pool = await startWatchedPool(origins, {
  isolates: PLACES.length,
  explain: true,
  pools: [{ id: "shop", origins: origins.map(originConfig) }],
  routes: [
    { path: "/strict/*", pool: "shop", freshness: "strict" },
    { path: "/*", pool: "shop" },
  ],
});
const { site, elapse } = pool;
const { ports } = site.moor;
const edges = [...ports.keys()];
afterAll(async () => {
  await site.stop();
  await Promise.all(origins.map((origin) => origin.kill()));
});

const at = (edge: number, asking: Asking = {}): Asking => ({ ...asking, port: ports[edge % ports.length] });
const post = (edge: number) => at(edge, { method: "POST" });
/** The answers to a client at each of the edges, one after the other. It keeps the cookies. */
async function everywhere(client: Client, path = "/", more: (edge: number) => Asking = () => ({})): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const edge of edges) answers.push(await client.ask(path, at(edge, more(edge))));
  return answers;
}
const dataOf = (answers: readonly Answer[]) => answers.map(({ told }) => told.session.data);
const subsOf = (answers: readonly Answer[]) => answers.map(({ told }) => told.session.sub);
const sourcesOf = (answers: readonly Answer[]) => answers.map((answer) => explained(answer).split(";")[0]);
const all = <T>(value: T): T[] => edges.map(() => value);

/** A visitor of whose session every edge holds a copy, and answers from it. */
async function held(path: string): Promise<Client> {
  const client = site.client();
  await client.ask("/", at(0));
  await client.ask(path, post(0));
  await client.ask("/", at(1));
  await elapse(FRESH);
  // Isolates share no memory, so each has to ask.
  expect(sourcesOf(await everywhere(client))).toEqual(all(`session=${AUTHORITY}`));
  expect(sourcesOf(await everywhere(client))).toEqual(all("session=memory"));
  return client;
}

describe("a visitor whose requests are spread over isolates", () => {
  it("stays on their origin, before their session is stored and after", async () => {
    for (let visitor = 0; visitor < 6; visitor++) {
      const client = site.client();
      const { server } = (await client.ask("/", at(visitor))).told;
      const before = await everywhere(client);
      await client.ask("/?set=basket:tea", post(visitor + 1));
      const servers = [...before, ...(await everywhere(client))].map(({ told }) => told.server);
      expect(new Set(servers)).toEqual(new Set([server]));
    }
  });

  it("sees every change that they have made, at every isolate, although all isolates hold older copies", async () => {
    const client = await held("/?set=step:0");
    for (let step = 1; step <= 8; step++) {
      await client.ask(`/?set=step:${step}`, post(step));
      expect(dataOf(await everywhere(client))).toEqual(all({ step: `${step}` }));
      if (step % 2 === 0) {
        await elapse(FRESH);
        await everywhere(client);
      }
    }
  });

  it("loses no change by changes of other attributes that they make at the same time elsewhere", async () => {
    const client = await held("/?set=basket:tea");
    const answers = await Promise.all(edges.map((edge) => client.send(`/?set=edge${edge}:yes`, post(edge))));
    for (const answer of answers) client.keep(answer);
    const changed = Object.fromEntries(edges.map((edge) => [`edge${edge}`, "yes"]));
    expect(dataOf(await everywhere(client))).toEqual(all({ basket: "tea", ...changed }));
  });

  it("sees their changes even where replicas in KV answer: they travel", async () => {
    const from = (edge: number) => ({ headers: { "CF-Blob": JSON.stringify(PLACES[edge % PLACES.length]) } });
    const client = site.client();
    await client.ask("/", at(0, from(0)));
    const sources = new Set<string>();
    for (let step = 1; step <= 6; step++) {
      await client.ask(`/?set=step:${step}`, at(step, { method: "POST", ...from(step) }));
      for (let round = 0; round < 3; round++) {
        const answers = await everywhere(client, "/", from);
        expect(dataOf(answers)).toEqual(all({ step: `${step}` }));
        for (const source of sourcesOf(answers)) sources.add(source ?? "");
        await elapse(FRESH);
      }
    }
    expect([...sources]).toEqual(expect.arrayContaining([`session=${AUTHORITY}`, "session=kv"]));
  });
});

describe("a logout at one isolate", () => {
  it("is seen at once on a strict route of the others, and within five seconds on all", async () => {
    const client = await held("/?login=alice");
    const copy = site.client(client.cookies);
    expect((await client.ask("/.moor/logout", post(2))).status).toBe(204);
    expect(subsOf(await everywhere(client))).toEqual(all(undefined));
    const sent = async (path: string) => Promise.all(edges.map((edge) => copy.send(path, at(edge))));
    expect(subsOf(await sent("/strict/"))).toEqual(all(undefined));
    await elapse(FRESH);
    for (const { told } of await sent("/")) expect(told.session).toMatchObject({ new: true });
  });

  it("ends a session that a copy in memory would still have shown, for a short time only", async () => {
    const client = await held("/?login=alice");
    const copy = site.client(client.cookies);
    await client.ask("/.moor/logout", post(2));
    await elapse(FRESH);
    const answers = await Promise.all(edges.map((edge) => copy.send("/", at(edge))));
    expect(subsOf(answers)).toEqual(all(undefined));
  });

  it("ends it also for a request that was begun before, and whose body its sender has held back", async () => {
    const client = await held("/?login=alice");
    const finish = await begin(1, client);
    await client.ask("/.moor/logout", post(2));
    await elapse(FRESH);
    const answer = await finish();
    expect(answer).toContain('"body":"body"');
    expect(answer).toMatch(/"session":\{[^}]*"new":true/);
  });
});

/** Begins a POST at an isolate. The returned function sends the body and reads the answer. */
async function begin(edge: number, client: Client): Promise<() => Promise<string>> {
  const cookie = [...client.cookies].map((pair) => pair.join("=")).join("; ");
  const head = ["POST / HTTP/1.1", "Host: shop.test", "X-Forwarded-Proto: https", `Cookie: ${cookie}`];
  const socket = connect(ports[edge] as number, "127.0.0.1").setEncoding("latin1");
  socket.write(`${[...head, "Connection: close", "Content-Length: 4"].join("\r\n")}\r\n\r\n`);
  // By the time that two other requests have been answered there, the beginning of this request has come.
  for (const _ of [1, 2]) await site.client().send("/", at(edge));
  return async () => {
    socket.write("body");
    return (await socket.toArray()).join("");
  };
}

describe("a login at one isolate", () => {
  it.each([
    ["first", [0, 1, 2, 3]],
    ["in between", [1, 2, 0, 3]],
    ["last", [3, 2, 1, 0]],
  ])("leaves the visitor logged in when the others refuse parallel writes, and arrives %s", async (_when, order) => {
    const client = await held("/?set=basket:tea");
    const before = site.client(client.cookies);
    const home = (await client.send("/", at(0))).told.server;
    const server = origins.find(({ name }) => name === home) as RunningOrigin;
    const hold = (edge: number) => server.hold((query) => client.send(`/?set=edge${edge}:yes&${query}`, post(edge)));
    const slow = await Promise.all([1, 2, 3].map(hold));
    const login = await client.send("/?login=alice", post(0));
    const answers = [login, ...(await Promise.all(slow.map((request) => request.release())))];
    for (const nth of order) client.keep(answers[nth] as Answer);
    // Writes at the same time as the login are refused, and do not reach its session.
    expect(answers.map(({ status }) => status)).toEqual([200, 409, 409, 409]);
    for (const { told } of await everywhere(client)) {
      expect(told.session).toMatchObject({ sub: "alice", gen: 1 });
      expect(told.session.data).toEqual({ basket: "tea" });
    }
    // A client with the cookies from before the login is anonymous at every isolate.
    expect(subsOf(await everywhere(before))).toEqual(all(undefined));
    for (const { told } of await everywhere(client)) expect(told.session).toMatchObject({ sub: "alice", gen: 1 });
  });
});

describe("an operator's change at one isolate", () => {
  const born = pool.now() - 60;
  const servers = (bornAt: number) => Promise.all(ports.map((port) => pool.servers(bornAt, port)));
  const elsewhere = (before: string[], after: string[]) =>
    before.map((server, nth) => (server === "b" ? after[nth] : server));
  /** Lets time pass while only the first two isolates are asked anything. */
  async function pass(seconds: number): Promise<void> {
    for (let passed = 0; passed < seconds; passed += 30) {
      await elapse(30);
      for (const port of ports.slice(0, 2)) await pool.servers(born, port);
    }
  }
  let before: string[] = [];

  it("has no effect at any isolate before its named time, and its whole effect at each from then on: a drain", async () => {
    const first = await servers(born);
    before = first[0] as string[];
    expect(first).toEqual(all(before));
    await pool.change("drain", "b", { at: named(pool.now() + 180) }, ports[2]);
    await pass(120);
    expect(await servers(born)).toEqual(all(before));
    expect(await servers(pool.now())).toEqual(all(before));
    await pass(60);
    const fresh = await servers(pool.now());
    expect(fresh[0]).not.toContain("b");
    expect(fresh).toEqual(all(elsewhere(before, fresh[0] as string[])));
    expect(await servers(born)).toEqual(all(before));
  });

  it("and the same holds for a restoration and an ejection", async () => {
    await pool.change("restore", "b", { at: named(pool.now() + 180) }, ports[3]);
    await pass(120);
    const inDrain = await servers(pool.now());
    expect(inDrain[0]).not.toContain("b");
    expect(inDrain).toEqual(all(inDrain[0]));
    await pass(60);
    expect(await servers(pool.now())).toEqual(all(before));
    await pool.change("eject", "b", { at: named(pool.now() + 180) }, ports[1]);
    await pass(120);
    expect(await servers(born)).toEqual(all(before));
    await pass(60);
    const after = await servers(born);
    expect(after[0]).not.toContain("b");
    expect(after).toEqual(all(elsewhere(before, after[0] as string[])));
  });
});

describe("an origin that dies", () => {
  it("is survived at all isolates: no GET fails, its visitors go on together elsewhere, and no other visitor moves", async () => {
    const a = origins[0] as (typeof origins)[number];
    const visitors: { client: Client; home: string; data: object | undefined }[] = [];
    while (visitors.filter(({ home }) => home === "a").length < 4) {
      const client = site.client();
      const { server } = (await client.ask("/", at(visitors.length))).told;
      // Every other visitor has a stored session.
      const data = visitors.length % 2 === 0 ? { basket: `${visitors.length}` } : undefined;
      if (data) await client.ask(`/?set=basket:${data.basket}`, post(visitors.length));
      await client.ask("/", at(visitors.length));
      visitors.push({ client, home: server, data });
    }
    await a.kill();
    for (const { client, home, data } of visitors) {
      const burst = await Promise.all(edges.map((edge) => client.send("/", at(edge))));
      for (const answer of burst) client.keep(answer);
      const answers = [...burst, ...(await everywhere(client))];
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
      expect(dataOf(answers)).toEqual(answers.map(() => data));
      const [server, ...others] = new Set(answers.map(({ told }) => told.server));
      expect(others).toEqual([]);
      if (home === "a") expect(server).not.toBe("a");
      else expect(server).toBe(home);
    }
    await a.restart();
  });
});

it("keeps keys, tokens, principals and attributes out of the log of every isolate", () => {
  expect(site.indiscretions("alice", "tea")).toEqual([]);
});
