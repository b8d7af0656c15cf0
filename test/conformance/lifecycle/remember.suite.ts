import { afterAll, describe, expect, it } from "vitest";
import type { Answer } from "../../support/node/client.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { startSite } from "../../support/node/site.ts";
import type { Role } from "../../support/node/workerd.ts";

/** The promises to a visitor who asks to be remembered, for either Worker that Moor is in. */
export async function describeRemember(role: Role) {
  const HOUR = 3_600;
  const DAY = 24 * HOUR;
  const origin = await startOrigin("a");
  const [site, plain] = await Promise.all([
    startSite([origin], {
      role,
      session: {
        idleSeconds: HOUR,
        absoluteSeconds: 8 * HOUR,
        remember: { idleSeconds: 20 * DAY, absoluteSeconds: 60 * DAY },
      },
    }),
    startSite([origin], { role }),
  ]);
  afterAll(async () => {
    await Promise.all([site.stop(), plain.stop()]);
    await origin.kill();
  });

  /** How long the browser keeps the token: until the nearer deadline of its session. */
  function maxAgeOf({ setCookies }: Answer): number {
    const token = setCookies.find((line) => line.startsWith("__Host-moor="));
    return Number(/Max-Age=(\d+)/.exec(token ?? "")?.[1]);
  }

  const LATER = 1.1;
  const about = (seconds: number) => ({ least: seconds - 10, most: seconds + 10 });
  function expectAbout(answer: Answer, { least, most }: { least: number; most: number }) {
    expect(maxAgeOf(answer)).toBeGreaterThan(least);
    expect(maxAgeOf(answer)).toBeLessThan(most);
  }

  describe("a visitor who asks at the login to be remembered", () => {
    it("has the longer timeouts from then on", async () => {
      const client = site.client();
      await client.ask("/?set=basket:apples", { method: "POST" });
      expectAbout(await client.ask("/?login=alice&remember", { method: "POST" }), about(20 * DAY * LATER));
      const { told } = await client.ask("/");
      expect(told.session).toMatchObject({ gen: 1, sub: "alice", data: { basket: "apples" } });
      expectAbout(await client.ask("/?set=a:1", { method: "POST" }), about(20 * DAY * LATER));
    });

    it("may do so with the first change of their session", async () => {
      const client = site.client();
      expectAbout(await client.ask("/?login=alice&remember", { method: "POST" }), about(20 * DAY * LATER));
      expect((await client.ask("/")).told.session.sub).toBe("alice");
    });

    it("may do so when they confirm their identity: their session goes on", async () => {
      const client = site.client();
      await client.ask("/");
      expect(maxAgeOf(await client.ask("/?login=alice", { method: "POST" }))).toBeLessThan(2 * HOUR);
      const { sid } = (await client.ask("/")).told.session;
      expectAbout(await client.ask("/?login=alice&remember", { method: "POST" }), about(20 * DAY * LATER));
      expect((await client.ask("/")).told.session).toMatchObject({ sid, gen: 2, sub: "alice" });
    });

    it("is forgotten with their session: the next visitor who logs in has the site's timeouts", async () => {
      const client = site.client();
      await client.ask("/?login=alice&remember", { method: "POST" });
      expect(maxAgeOf(await client.ask("/?login=bob", { method: "POST" }))).toBeLessThan(2 * HOUR);
    });
  });

  describe("a visitor who does not ask to be remembered", () => {
    it("has the site's timeouts, in a cookie that ends with them", async () => {
      const client = site.client();
      await client.ask("/");
      expectAbout(await client.ask("/?login=alice", { method: "POST" }), about(HOUR * LATER));
    });
  });

  // Handlers ask by a method, which throws an error.
  describe.skipIf(role === "middleware")("asking to remember", () => {
    it.each([
      ["without a login", site, "/?remember", "without Moor-Principal"],
      ["where nobody is remembered", plain, "/?login=alice&remember", "the configuration has no session.remember"],
      ["otherwise than by 1", site, "/?login=alice&header=Moor-Remember:yes", 'not "1"'],
    ])("%s is refused, never dropped", async (_what, where, path, reason) => {
      const client = where.client();
      expect((await client.ask(path, { method: "POST" })).status).toBe(502);
      expect((await client.ask("/")).told.session).toMatchObject({ new: true });
      const told = JSON.stringify({ header: "moor-remember", reason }).slice(1, -1);
      await expect.poll(() => where.moor.logged.join("\n")).toContain(told);
    });
  });
}
