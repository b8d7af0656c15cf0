/** @needs tomcat10-common tomcat10-examples */
import { afterAll, describe, expect, it } from "vitest";
import type { PoolConfig } from "../../../src/config/pool-types.ts";
import { startTomcat } from "../../support/node/applications.ts";
import { originConfig, type Site, startSite } from "../../support/node/site.ts";

const PAGE = "/examples/servlets/servlet/SessionExample";
/** So many that each of two servers is the home of some of them, but for a chance of 2 in 2^40. */
const VISITORS = 40;

const tomcats = await Promise.all(["node1", "node2"].map(startTomcat));
const startLearning = (learn: NonNullable<PoolConfig["learn"]>) =>
  startSite([], {
    pools: [{ id: "app", origins: tomcats.map(originConfig), learn }],
    routes: [{ path: "/*", pool: "app", session: false }],
  });
const byAddress = await startLearning({ cookie: "JSESSIONID", pathParameter: "jsessionid" });
const byCookie = await startLearning({ cookie: "JSESSIONID" });
afterAll(async () => {
  await Promise.all([byAddress.stop(), byCookie.stop()]);
  await Promise.all(tomcats.map((tomcat) => tomcat.stop()));
});

/** A visitor's page of the example, without cookies: the session that it shows, its attributes, and the address of its form. */
async function open(site: Site, address: string, attribute = "") {
  const { status, text } = await site.client().send(address + attribute);
  expect(status).toBe(200);
  const [, action = ""] = /<form action="([^"?]+)[^"]*" method=GET>/i.exec(text) ?? /action="([^"?]+)/.exec(text) ?? [];
  const [, session = ""] = /\b([0-9A-F]{32}\.node[12])\b/.exec(text) ?? [];
  const next = new URL(action, `https://shop.test${PAGE}`).pathname;
  return { session, text, next };
}

describe("Tomcat's SessionExample, for visitors without cookies", () => {
  it("keeps the session of every visitor by the addresses of its own pages", async () => {
    const sessions = new Set<string>();
    for (let visitor = 0; visitor < VISITORS; visitor++) {
      const first = await open(byAddress, PAGE);
      expect(first.next).toBe(`${PAGE};jsessionid=${first.session}`);
      sessions.add(first.session.slice(33));
      let { next } = first;
      for (let count = 0; count < 4; count++) {
        const page = await open(byAddress, next, `?dataname=n${count}&datavalue=v${count}`);
        expect(page.session).toBe(first.session);
        for (let before = 0; before <= count; before++) expect(page.text).toContain(`n${before} = v${before}`);
        next = page.next;
      }
    }
    expect(sessions).toEqual(new Set(["node1", "node2"]));
  });

  it("loses sessions where the parameter is not learned", async () => {
    let lost = 0;
    for (let visitor = 0; visitor < VISITORS; visitor++) {
      const first = await open(byCookie, PAGE);
      for (let count = 0; count < 4; count++) if ((await open(byCookie, first.next)).session !== first.session) lost++;
    }
    expect(lost).toBeGreaterThan(0);
  });

  it("gives a visitor a session anew for an address that was made up", async () => {
    const page = await open(byAddress, `${PAGE};jsessionid=${"A".repeat(32)}.node9`);
    expect(page.session).toMatch(/\.node[12]$/);
    expect(page.session.slice(0, 32)).not.toBe("A".repeat(32));
  });
});
