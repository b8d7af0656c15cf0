/** @needs php-cli tomcat10-common */
/** @quick */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Application,
  type StartApplication,
  startExpress,
  startPhp,
  startTomcat,
} from "../../support/node/applications.ts";
import type { Client } from "../../support/node/client.ts";
import { originConfig, type Site, startSite } from "../../support/node/site.ts";

/** So many that each of three servers is the home of some of them, but for a chance of 1e-10. */
const VISITORS = 60;

interface Counted {
  readonly server: string;
  readonly count: number;
  readonly cookies: string;
  readonly handoff: boolean;
}

async function visit(client: Client): Promise<Counted & { setCookies: string[] }> {
  const { text, setCookies } = await client.ask("/");
  return { ...(JSON.parse(text) as Counted), setCookies };
}

describe.each<{ kind: string; cookie: string; start: StartApplication; names: string[]; named: boolean }>([
  {
    kind: "express-session in memory",
    cookie: "connect.sid",
    start: startExpress,
    names: ["a", "b", "c"],
    named: false,
  },
  { kind: "PHP with files", cookie: "PHPSESSID", start: startPhp, names: ["a", "b", "c"], named: false },
  { kind: "Tomcat with jvmRoute", cookie: "JSESSIONID", start: startTomcat, names: ["node1", "node2"], named: true },
])("an application that keeps sessions to itself: $kind", ({ cookie, start, names, named }) => {
  const beside = `moor-at-${cookie}`;
  let applications: Application[];
  let site: Site;
  let clients: Client[];

  beforeAll(async () => {
    applications = await Promise.all(names.map(start));
    site = await startSite([], {
      pools: [{ id: "app", origins: applications.map(originConfig), learn: { cookie } }],
      routes: [{ path: "/*", pool: "app", session: false }],
    });
    clients = Array.from({ length: VISITORS }, () => site.client());
  });
  afterAll(async () => {
    await site.stop();
    await Promise.all(applications.map((application) => application.stop()));
  });

  it("finds every visitor's session again, request after request", async () => {
    const homes = await Promise.all(clients.map(async (client) => (await visit(client)).server));
    expect(new Set(homes).size).toBe(names.length);
    for (let count = 2; count <= 5; count++) {
      const visits = await Promise.all(clients.map(visit));
      expect(visits.map(({ server }) => server)).toEqual(homes);
      expect(visits.map((met) => met.count)).toEqual(homes.map(() => count));
    }
  });

  it("is told nothing of Moor, and its own cookie is passed on as it is", async () => {
    const client = site.client();
    const first = await visit(client);
    const own = first.setCookies.find((line) => line.startsWith(`${cookie}=`)) ?? "";
    const attributes = own.slice(own.indexOf(";"));
    const others = first.setCookies.filter((line) => line !== own);
    expect(others).toEqual(named ? [] : [expect.stringMatching(/^moor-at-[\w.]+=[\w-]{12};/)]);
    if (!named) expect(others[0]?.slice(others[0].indexOf(";"))).toBe(attributes);
    const again = await visit(client);
    expect(again).toMatchObject({ count: 2, handoff: false, cookies: `${cookie}=${client.cookies.get(cookie)}` });
  });

  it("gets a session of its own for a cookie that was made up, wherever that comes", async () => {
    const client = site.client([
      [cookie, "made-up"],
      [beside, "AAAAAAAAAAAA"],
    ]);
    expect((await visit(client)).count).toBe(1);
  });

  it("loses the sessions of a server that dies, and no others", async () => {
    const before = await Promise.all(clients.map(visit));
    const [dead] = applications;
    await dead?.stop();
    const after = [];
    for (const client of clients) after.push(await visit(client));
    for (const [i, { server, count }] of before.entries()) {
      if (server === dead?.name) expect(after[i]).toMatchObject({ count: 1 });
      else expect(after[i]).toMatchObject({ server, count: count + 1 });
    }
    const later = await Promise.all(clients.map(visit));
    expect(later.map(({ server }) => server)).toEqual(after.map(({ server }) => server));
    expect(later.map(({ count }) => count)).toEqual(after.map(({ count }) => count + 1));
  });
});
