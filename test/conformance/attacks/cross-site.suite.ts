import { afterAll, describe, expect, it } from "vitest";
import type { Asking } from "../../support/node/client.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { type SiteOptions, startSite } from "../../support/node/site.ts";
import type { Role } from "../../support/node/workerd.ts";

/** The `crossSite` setting of each route. In the middleware it belongs to the paths below a first segment. */
const CROSS_SITE = { allowed: "allow", callback: "repost" } as const;

/** The promises about requests from pages of other sites, for either Worker that Moor is in. */
export async function describeCrossSite(role: Role) {
  const origin = await startOrigin("a");
  const routed = {
    below: Object.fromEntries(Object.entries(CROSS_SITE).map(([segment, crossSite]) => [segment, { crossSite }])),
    routes: [
      ...Object.entries(CROSS_SITE).map(([segment, crossSite]) => ({ path: `/${segment}/*`, pool: "shop", crossSite })),
      { path: "/*", pool: "shop" },
    ],
  };
  const { below, routes } = routed;
  const own = (role === "middleware" ? { below } : { routes }) as Partial<SiteOptions>;
  const start = (carriers?: SiteOptions["carriers"]) =>
    startSite([origin], { role, ...own, ...(carriers && { carriers }) });
  const [site, strict, open, byHeader] = await Promise.all([
    start(),
    start([{ type: "cookie", sameSite: "strict" }]),
    start([{ type: "cookie", sameSite: "none" }]),
    start([{ type: "cookie" }, { type: "header" }]),
  ]);
  const sites = [site, strict, open, byHeader];
  afterAll(async () => {
    await Promise.all(sites.map((each) => each.stop()));
    await origin.kill();
  });

  const FORM = { "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", Origin: "https://evil.test" };
  const URLENCODED = { ...FORM, "Content-Type": "application/x-www-form-urlencoded" };
  const post = (headers: Asking["headers"] = {}, body?: string): Asking => ({
    method: "POST",
    headers,
    ...(body !== undefined && { body }),
  });
  const codeIn = (text: string) => (JSON.parse(text) as { code?: string }).code;

  describe("a post of another site's page without a token", () => {
    it.each([
      ["by Sec-Fetch-Site", FORM],
      ["by Sec-Fetch-Site, from a script", { ...FORM, "Sec-Fetch-Mode": "cors" }],
      ["by Origin, from a browser that sends no fetch metadata", { Origin: "https://evil.test" }],
      ["by an Origin that is hidden", { Origin: "null" }],
    ])("founds no session, and its answer gives no token: %s", async (_what, headers) => {
      const stored = await site.moor.storedSessions();
      for (const path of ["/?set=cart:apple", "/?login=mallory"]) {
        const { status, text, setCookies } = await site.client().send(path, post(headers));
        expect({ status, code: codeIn(text), setCookies }).toEqual({ status: 403, code: "cross_site", setCookies: [] });
      }
      expect(await site.moor.storedSessions()).toEqual(stored);
    });

    it("leaves a line in the log that says so", async () => {
      const from = site.moor.logged.length;
      await site.client().send("/?set=a:1", post(FORM));
      const lines = () => site.moor.logged.slice(from).filter((line) => line.includes("request_refused"));
      await expect.poll(lines).toEqual([expect.stringContaining("another site's page would found a session")]);
    });

    it("reaches the origin, and is answered, as long as it changes nothing", async () => {
      const { status, told, setCookies } = await site.client().send("/", post(FORM, "paid=1"));
      expect({ status, body: told.body, setCookies }).toEqual({ status: 200, body: "paid=1", setCookies: [] });
    });

    it("founds a session where the route allows it", async () => {
      const client = site.client();
      expect((await client.ask("/allowed/?login=alice", post(FORM))).status).toBe(200);
      expect((await client.ask("/")).told.session.sub).toBe("alice");
    });

    it("founds a session where its browser would have sent the cookie: with SameSite=None", async () => {
      expect((await open.client().send("/?set=a:1", post(FORM))).setCookies).toHaveLength(1);
    });

    it("founds a session for a script that keeps its token itself, and asks for it", async () => {
      const { status, headers } = await byHeader
        .client()
        .send("/?set=a:1", post({ ...FORM, Authorization: "Bearer new" }));
      expect([status, headers["moor-token"]]).toEqual([200, expect.stringMatching(/^[\w-]{84}/)]);
    });
  });

  describe("a post founds a session as ever", () => {
    it.each([
      ["of the site's own page", { "Sec-Fetch-Site": "same-origin", Origin: "https://shop.test" }],
      [
        "of a sibling host's page, from which the browser keeps nothing back",
        {
          "Sec-Fetch-Site": "same-site",
          Origin: "https://app.shop.test",
        },
      ],
      ["of the site's own page, by Origin alone", { Origin: "https://shop.test" }],
      ["of a client that is no browser", {}],
    ])("%s", async (_what, headers) => {
      const client = site.client();
      await client.ask("/?set=cart:apple", post(headers));
      expect((await client.ask("/")).told.session.data).toEqual({ cart: "apple" });
    });

    it("of another site that brings its token, as it is the visitor's own", async () => {
      const client = open.client();
      await client.ask("/?set=cart:apple", post());
      expect((await client.ask("/?set=cart:pear", post(FORM))).status).toBe(200);
      expect((await client.ask("/")).told.session.data).toEqual({ cart: "pear" });
    });
  });

  describe("a link of another site", () => {
    const LINK = { "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate" };

    it("brings a fresh token where the browser would have sent the cookie with it", async () => {
      expect((await site.client().send("/", { headers: LINK })).setCookies).toHaveLength(1);
    });

    it("brings no session with SameSite=Strict: the browser may hold a token that it has kept back", async () => {
      expect((await strict.client().send("/", { headers: LINK })).setCookies).toEqual([]);
      for (const from of ["same-origin", "same-site", "none"]) {
        const { setCookies } = await strict.client().send("/", { headers: { ...LINK, "Sec-Fetch-Site": from } });
        expect(setCookies).toHaveLength(1);
      }
    });
  });

  describe("a form of another site, where it is posted again", () => {
    const inputsIn = (page: string) => [...page.matchAll(/<input type="hidden" name="(.*?)" value="(.*?)">/g)];

    it("is answered by a page of this site with the same fields, which no cache keeps, and no origin is asked", async () => {
      const served = (await site.client().send("/")).told.served;
      const form = "state=a%26b&SAMLResponse=PHg%2BCg%3D%3D%0D%0A&q=%22%3E%3Cscript%3E&empty=&u=%C3%BC+x";
      const { status, headers, text, setCookies } = await site
        .client()
        .send("/callback/saml?a=1&b=%22", post(URLENCODED, form));
      expect({ status, setCookies }).toEqual({ status: 200, setCookies: [] });
      expect(headers).toMatchObject({
        "cache-control": "no-store",
        "content-type": "text/html; charset=utf-8",
        "referrer-policy": "same-origin",
        "x-content-type-options": "nosniff",
      });
      const [, nonce] = /script-src 'nonce-([\w-]{22})'/.exec(String(headers["content-security-policy"])) ?? [];
      expect(text).toContain(`<script nonce="${nonce}">`);
      expect(text).toContain('<form method="post" action="https://shop.test/callback/saml?a=1&amp;b=%22"');
      expect(inputsIn(text).map(([, name, value]) => [name, value])).toEqual([
        ["state", "a&amp;b"],
        ["SAMLResponse", "PHg+Cg==&#13;&#10;"],
        ["q", "&quot;&gt;&lt;script&gt;"],
        ["empty", ""],
        ["u", "ü x"],
      ]);
      expect((await site.client().send("/")).told.served).toBe(served + 1);
    });

    it.each([
      [
        "with a file",
        { ...FORM, "Content-Type": "multipart/form-data; boundary=x" },
        "--x--",
        415,
        "form_not_supported",
      ],
      ["as plain text", { ...FORM, "Content-Type": "text/plain" }, "a=1", 415, "form_not_supported"],
      ["of no type", FORM, "a=1", 415, "form_not_supported"],
      ["with more than 512 KiB", URLENCODED, `a=${"x".repeat(512 * 1024)}`, 413, "form_too_large"],
      ["with more than 1,000 fields", URLENCODED, "a&".repeat(1_001), 413, "form_too_large"],
      ["with an escape that is none", URLENCODED, "a=%zz", 400, "bad_request"],
      ["that is not UTF-8", URLENCODED, "a=%E9", 400, "bad_request"],
      ["with NUL", URLENCODED, "a=%00", 400, "bad_request"],
      ["with a field without a name", URLENCODED, "=a", 400, "bad_request"],
    ])("is refused %s, as a page could not send it again", async (_what, headers, body, status, code) => {
      const answer = await site.client().send("/callback/", post(headers, body));
      expect([answer.status, codeIn(answer.text)]).toEqual([status, code]);
    });

    it.each([
      ["of the site's own page, such as the one that posts again", { ...URLENCODED, "Sec-Fetch-Site": "same-origin" }],
      ["of a client that is no browser", { "Content-Type": URLENCODED["Content-Type"] }],
    ])("goes on if it is a post %s", async (_what, headers) => {
      const client = site.client();
      const { told } = await client.ask("/callback/?login=alice", post(headers, "state=1"));
      expect(told.body).toBe("state=1");
      expect((await client.ask("/")).told.session.sub).toBe("alice");
    });

    it("goes on if its browser has sent the token with it", async () => {
      const client = open.client();
      await client.ask("/?set=state:1", post());
      const { told } = await client.ask("/callback/", post(URLENCODED, "state=1"));
      expect(told).toMatchObject({ body: "state=1", session: { data: { state: "1" } } });
    });

    it("is not answered to a script, which may found no session either", async () => {
      const headers = { ...URLENCODED, "Sec-Fetch-Mode": "cors" };
      expect((await site.client().send("/callback/", post(headers, "a=1"))).told.body).toBe("a=1");
      expect((await site.client().send("/callback/?login=mallory", post(headers, "a=1"))).status).toBe(403);
    });
  });

  it("keeps fields and tokens out of the log", () => {
    for (const each of sites) expect(each.indiscretions("apple", "mallory", "PHg")).toEqual([]);
  });
}
