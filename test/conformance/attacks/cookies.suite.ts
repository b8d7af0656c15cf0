import { afterAll, describe, expect, it } from "vitest";
import { forgeToken, idOf } from "../../support/node/forge.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { startSite } from "../../support/node/site.ts";
import type { Role } from "../../support/node/workerd.ts";

/** The promises about Moor's cookies, for either Worker that Moor is in. */
export async function describeCookies(role: Role) {
  const origin = await startOrigin("a");
  const [site, shared] = await Promise.all([
    startSite([origin], { role }),
    startSite([origin], {
      role,
      carriers: [{ type: "cookie", prefix: "__Secure-", domain: "shop.test" }, { type: "header" }],
    }),
  ]);
  afterAll(async () => {
    await Promise.all([site.stop(), shared.stop()]);
    await origin.kill();
  });

  /** Every cookie that Moor sets in the life of a session. */
  async function linesOf(where: typeof site): Promise<string[]> {
    const client = where.client();
    const asked = ["/", "/?set=basket:apples", "/?login=alice", "/?rotate", "/?end"];
    const lines: string[] = [];
    for (const path of asked)
      lines.push(...(await client.ask(path, { method: path === "/" ? "GET" : "POST" })).setCookies);
    return lines;
  }
  const lines = { host: await linesOf(site), shared: await linesOf(shared) };

  describe("ASVS 5.0 V3.3: Moor's cookies", () => {
    it("are set by every step of a session's life", () => {
      for (const each of Object.values(lines)) expect(each.length).toBeGreaterThanOrEqual(7);
    });

    it("3.3.1 are Secure, and begin with __Host- or __Secure-", () => {
      for (const line of Object.values(lines).flat())
        expect(line).toMatch(/^__(Host|Secure)-moor(-gen|-new|-mark-[\w-]{2})?=[^;]*;.*; Secure;/);
    });

    it("3.3.2 say SameSite", () => {
      for (const line of Object.values(lines).flat()) expect(line).toMatch(/; SameSite=Lax$/);
    });

    it("3.3.3 are for a single host, unless they are configured to be shared", () => {
      for (const line of lines.host) expect(line).toMatch(/^__Host-(?!.*Domain=).*; Path=\/;/);
      for (const line of lines.shared) expect(line).toMatch(/^__Secure-.*; Domain=shop\.test; Path=\/;/);
    });

    it("3.3.4 are out of reach of scripts, and their values travel in Set-Cookie alone", async () => {
      for (const line of Object.values(lines).flat()) expect(line).toMatch(/; HttpOnly;/);
      const client = site.client();
      await client.ask("/?login=alice", { method: "POST" });
      const { headers, text, setCookies } = await client.ask("/?set=a:1", { method: "POST" });
      expect(setCookies).not.toEqual([]);
      const { "set-cookie": _, ...others } = headers;
      for (const held of client.held) expect(JSON.stringify(others) + text).not.toContain(held);
    });

    it("3.3.5 have names and values of 4,096 bytes at most, by far", () => {
      for (const line of Object.values(lines).flat()) expect(line.split(";")[0]?.length).toBeLessThan(128);
    });
  });

  describe("cookie tossing: cookies that another site has set", () => {
    const loggedIn = async (where = site, name = "__Host-moor") => {
      const client = where.client();
      await client.ask("/?login=alice", { method: "POST" });
      return { client, token: client.cookies.get(name) ?? "", proof: client.cookies.get(`${name}-gen`) ?? "" };
    };
    const subOf = async (where: typeof site, cookie: string) =>
      (await where.client().send("/", { headers: { Cookie: cookie } })).told.session.sub;

    it("without the prefix, or with another, are no token on https", async () => {
      const { token, proof } = await loggedIn();
      const names = ["moor", "__Secure-moor", "__host-moor", "__HOST-MOOR", "__Host-moor2", " __Host-moor_"];
      for (const name of names) expect(await subOf(site, `${name}=${token}; ${name}-gen=${proof}`)).toBeUndefined();
      for (const name of names) {
        const planted = forgeToken(site.moor.keys);
        expect(await subOf(site, `${name}=${planted}; __Host-moor=${token}; __Host-moor-gen=${proof}`)).toBe("alice");
      }
    });

    it("of the same name: the first counts, whatever the other cookies say, and no cookie is handed on", async () => {
      const { token, proof } = await loggedIn();
      const own = `__Host-moor=${token}; __Host-moor-gen=${proof}`;
      const planted = forgeToken(site.moor.keys);
      expect(await subOf(site, `${own}; __Host-moor=${planted}; __Host-moor-gen=${proof}x`)).toBe("alice");
      expect(await subOf(site, `__Host-moor=${planted}; ${own}`)).toBeUndefined();
      const { told } = await site
        .client()
        .send("/", { headers: { Cookie: `${own}; a=1; __Host-moor=${planted}; moor=x` } });
      expect(told.headers.cookie).toBe("a=1");
    });

    it("on a site that shares its cookie gain nothing by a login: the proof is not theirs", async () => {
      const planted = forgeToken(shared.moor.keys);
      const victim = shared.client([["__Secure-moor", planted]]);
      await victim.ask("/?login=victim&set=address:harbour", { method: "POST" });
      await victim.ask("/");
      expect(idOf(victim.cookies.get("__Secure-moor") ?? "")).toBe(idOf(planted));
      expect(await subOf(shared, `__Secure-moor=${planted}`)).toBeUndefined();
    });
  });

  describe("cookies that are too large, or that cut headers", () => {
    const stored = async () => (await site.moor.storedSessions()).length;
    const token = () => forgeToken(site.moor.keys, { secret: Buffer.alloc(32, 9), version: 1 });

    it.each<[string, () => string]>([
      ["a token of 60 KB", () => `__Host-moor=${"A".repeat(60_000)}`],
      ["a proof of 60 KB", () => `__Host-moor=${token()}; __Host-moor-gen=${"A".repeat(60_000)}`],
      ["a mark of 60 KB", () => `__Host-moor=${token()}; __Host-moor-mark-99=${"9".repeat(60_000)}`],
      ["a thousand tokens", () => Array.from({ length: 500 }, () => `__Host-moor=${token()}`).join("; ")],
      ["thousands of empty cookies", () => `${"; ".repeat(4_000)}__Host-moor=${token()}`],
      ["a token of separators", () => `__Host-moor=${".".repeat(10_000)}`],
    ])("%s costs no store operation, and is served as a stranger's", async (_what, cookie) => {
      const before = await stored();
      const { status, told } = await site.client().send("/", { headers: { Cookie: cookie() } });
      expect([status, told.session.new]).toEqual([200, true]);
      expect(await stored()).toBe(before);
    });

    it("of the header carrier likewise", async () => {
      for (const text of ["A".repeat(8_000), `${token()}.${"A".repeat(8_000)}`, ".".repeat(8_000)]) {
        const { status, told } = await shared.client().send("/", { headers: { Authorization: `Bearer ${text}` } });
        expect([status, told.session.new]).toEqual([200, true]);
      }
    });

    it("text that a client sends is never written back: no value can cut a header (CRLF)", async () => {
      const nasty = "x%0d%0aSet-Cookie:%20evil=1";
      const cookie = `__Host-moor=${nasty}; __Host-moor-gen=${nasty}; __Host-moor-mark-xx=${nasty}`;
      for (const path of ["/", "/?set=a:1", `/?login=${encodeURIComponent("a\r\nSet-Cookie: evil=1")}`, `/${nasty}`]) {
        const { headers, setCookies } = await site.client().send(path, { headers: { Cookie: cookie } });
        expect(JSON.stringify([headers, setCookies])).not.toContain("evil");
      }
    });
  });

  it("keeps tokens out of the log", () => {
    for (const each of [site, shared]) expect(each.indiscretions("alice", "victim", "harbour")).toEqual([]);
  });
}
