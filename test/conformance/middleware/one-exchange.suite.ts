import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FAILURES, type FailureCode } from "../../../src/errors.ts";
import { signDebugToken } from "../../../src/inbound/token/debug-token.ts";
import { parseKeyRing } from "../../../src/inbound/token/key-ring.ts";
import type { LogEntry } from "../../../src/log.ts";
import type { Answer, Asking, Client } from "../../support/node/client.ts";
import { type RunningOrigin, startOrigin } from "../../support/node/origins.ts";
import { type Site, type SiteOptions, startSite } from "../../support/node/site.ts";
import { explained } from "../../support/node/stores.ts";
import type { Role } from "../../support/node/workerd.ts";

/** How sessions are handled below a first segment, in place of the defaults. */
const HANDLINGS = {
  strict: { freshness: "strict" },
  callback: { crossSite: "repost" },
  refused: { locking: "writes", lockWaitMs: 100 },
} as const;

/** An event of the log, with the fields that both Workers log alike. */
type Event = Pick<LogEntry, "event" | "reason" | "cookie">;

/** A request, the events that it leaves in the log, and the code of the failure that answers it. */
interface Case {
  readonly name: string;
  readonly code?: FailureCode;
  readonly events: readonly Event[];
  /** Sends the request with these headers. Requests may wait at the origin. */
  ask(site: Site, headers: Record<string, string>, origin: RunningOrigin): Promise<Answer>;
}

const POST: Asking = { method: "POST" };
const FROM_ELSEWHERE = { "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", Origin: "https://evil.test" };

/** A request of a client that has no session yet. */
const asStranger =
  (path: string, { headers: own, ...asking }: Asking = {}): Case["ask"] =>
  (site, headers) =>
    site.client().send(path, { ...asking, headers: { ...headers, ...own } });

/** A request of a client whose session holds tea. */
const asShopper =
  (path: string, asking: Asking = {}): Case["ask"] =>
  async (site, headers) =>
    (await shopper(site)).send(path, { ...asking, headers });

const CASES: readonly Case[] = [
  {
    name: "an address with a malformed host",
    code: "bad_request",
    events: [{ event: "request_refused", reason: "malformed address" }],
    ask: asStranger("/", { headers: { Host: "shop.test@evil.test" } }),
  },
  {
    name: "a token that nobody has signed",
    events: [{ event: "token_refused", reason: "malformed" }],
    ask: (site, headers) => site.client([["__Host-moor", "nonsense"]]).send("/", { headers }),
  },
  {
    name: "a token whose session has ended",
    events: [{ event: "token_refused", reason: "ended or superseded" }],
    async ask(site, headers) {
      const client = await shopper(site);
      const thief = site.client(client.cookies);
      await client.ask("/?end", POST);
      return thief.send("/strict/", { headers });
    },
  },
  {
    name: "a form of another site that cannot be posted again",
    code: "form_not_supported",
    events: [{ event: "request_refused", reason: "form of another site: not urlencoded" }],
    ask: asStranger("/callback/", { ...POST, headers: { ...FROM_ELSEWHERE, "Content-Type": "text/plain" }, body: "a" }),
  },
  {
    name: "a post of another site that would found a session",
    code: "cross_site",
    events: [{ event: "request_refused", reason: "another site's page would found a session" }, { event: "request" }],
    ask: asStranger("/?set=basket:tea", { ...POST, headers: FROM_ELSEWHERE }),
  },
  {
    name: "a response that tries to set two of Moor's cookies",
    events: [
      { event: "origin_cookie_dropped", cookie: "__Host-moor" },
      { event: "origin_cookie_dropped", cookie: "moor-gen" },
    ],
    ask: asShopper("/?header=Set-Cookie:__Host-moor%3Dstolen&header=Set-Cookie:moor-gen%3Dstolen"),
  },
  {
    name: "a response without a session that tries to set Moor's cookie",
    events: [{ event: "origin_cookie_dropped", cookie: "__Host-moor" }],
    ask: asStranger("/assets/?header=Set-Cookie:__Host-moor%3Dstolen"),
  },
  {
    name: "a change that is too large",
    code: "origin_change_refused",
    events: [{ event: "origin_change_refused", reason: "the attributes would pass 2048 bytes" }, { event: "request" }],
    ask: asShopper(`/?set=large:${"x".repeat(3_000)}`, POST),
  },
  {
    name: "a change of a session that has ended meanwhile",
    code: "session_ended",
    events: [{ event: "session_ended" }, { event: "request" }],
    async ask(site, headers, origin) {
      const client = await shopper(site);
      const slow = await origin.hold((hold) => client.send(`/?set=coupon:10&${hold}`, { ...POST, headers }));
      await site.client(client.cookies).send("/?end", POST);
      return slow.release();
    },
  },
  {
    name: "a request whose turn does not come",
    code: "lock_timeout",
    events: [{ event: "lock_timeout", reason: expect.stringMatching(/^waited \d+ ms$/) }, { event: "request" }],
    async ask(site, headers, origin) {
      const client = await shopper(site);
      const slow = await origin.hold((hold) => client.send(`/refused/?${hold}`, POST));
      const answer = await client.send("/refused/?set=coupon:10", { ...POST, headers });
      await slow.release();
      return answer;
    },
  },
  {
    name: "a response with the status 500",
    events: [{ event: "request" }],
    ask: asShopper("/?status=500"),
  },
];

/** Cases in which the objects of sessions cannot be reached, and the client has a session. */
const CASES_WITHOUT_OBJECTS: readonly (Omit<Case, "ask"> & { readonly path: string; readonly asking?: Asking })[] = [
  {
    name: "a change",
    code: "session_unavailable",
    events: [
      { event: "session_stale" },
      { event: "session_unavailable", reason: expect.any(String) },
      { event: "request" },
    ],
    path: "/?set=coupon:10",
    asking: POST,
  },
  {
    name: "a strict read",
    code: "session_unavailable",
    events: [{ event: "session_unavailable", reason: expect.any(String) }, { event: "request" }],
    path: "/strict/",
  },
  { name: "a read", events: [{ event: "session_stale" }], path: "/" },
];

async function shopper(site: Site): Promise<Client> {
  const client = site.client();
  await client.ask("/");
  await client.ask("/?set=basket:tea", POST);
  await client.ask("/");
  return client;
}

let rays = 0;
/** Names a request, as Cloudflare would. */
const nextRay = () => `${(++rays).toString(16).padStart(16, "0")}-FRA`;

/** The events that a request has left in the log, in order. */
async function eventsOf({ moor }: Site, ray: string, count: number): Promise<Event[]> {
  const read = () =>
    moor.logged
      .filter((line) => line.includes(`"request":"${ray}"`))
      .map((line) => JSON.parse(line) as LogEntry)
      .map(({ event, reason, cookie }) => ({
        event,
        ...(reason !== undefined && { reason }),
        ...(cookie && { cookie }),
      }));
  await expect.poll(() => read().length).toBeGreaterThanOrEqual(count);
  return read();
}

function expectFailure({ status, text }: Answer, code: FailureCode, request: string): void {
  expect(JSON.parse(text)).toEqual({ type: "about:blank", ...FAILURES[code], code, request });
  expect(status).toBe(FAILURES[code].status);
}

/** The signals of requests, which are the same for a proxy and for a Worker of one's own. */
export async function describeOneExchange(role: Role): Promise<void> {
  const origin = await startOrigin("a");
  const routes = [
    ...Object.entries(HANDLINGS).map(([segment, handling]) => ({ path: `/${segment}/*`, pool: "shop", ...handling })),
    { path: "/*", pool: "shop" },
  ];
  const own = (role === "middleware" ? { below: HANDLINGS } : { routes }) as Partial<SiteOptions>;
  const site = await startSite([origin], {
    role,
    watched: true,
    ignore: [{ path: "/assets/*" }],
    session: { graceSeconds: 0, maxAttributeBytes: 2_048 },
    ...own,
  });
  afterAll(() => Promise.all([site.stop(), origin.kill()]));

  describe("the log and the answer name the request", () => {
    it.each(CASES)("of $name", async ({ ask, code, events }) => {
      const ray = nextRay();
      const answer = await ask(site, { "CF-Ray": ray }, origin);
      expect(await eventsOf(site, ray, events.length)).toEqual(events);
      if (code) expectFailure(answer, code, ray);
    });

    it("on the page that a browser is shown, too", async () => {
      const headers = { "CF-Ray": nextRay(), Accept: "text/html", Host: "shop.test@evil.test" };
      expect((await site.client().send("/", { headers })).text).toContain(`(400, ${headers["CF-Ray"]})`);
    });
  });

  describe("a debug token", () => {
    const ring = parseKeyRing(site.moor.keys.token, "MOOR_TOKEN_KEYS");
    const debugging = async () => ({
      "Moor-Debug": await signDebugToken(ring, Math.floor(Date.now() / 1000) + 60),
    });

    it("has the response explained, and keeps the response out of caches", async () => {
      const client = await shopper(site);
      const answer = await client.send("/strict/?set=basket:milk", { ...POST, headers: await debugging() });
      expect(explained(answer)).toMatch(/^session=object; version=1; .*written=object; calls=object:2$/);
      expect(answer.headers["cache-control"]).toBe("private, no-store");
      expect(answer.told.headers).not.toHaveProperty("moor-debug");
    });

    it("has a failure explained", async () => {
      const headers = await debugging();
      const answer = await (await shopper(site)).send(`/?set=large:${"x".repeat(3_000)}`, { ...POST, headers });
      expect([answer.status, explained(answer)]).toEqual([502, expect.stringMatching(/^session=\w+; version=1; /)]);
    });

    it("of another key explains nothing", async () => {
      const headers = { "Moor-Debug": `9999999999.1.${"A".repeat(43)}` };
      expect((await site.client().send("/", { headers })).headers["server-timing"]).toBeUndefined();
    });
  });

  describe("while the objects of sessions cannot be reached, the log and the answer name the request", () => {
    let client: Client;
    beforeAll(async () => {
      client = await shopper(site);
      await site.moor.objects.meet({ kind: "down" });
    });

    it.each(CASES_WITHOUT_OBJECTS)("of $name", async ({ path, asking, code, events }) => {
      const ray = nextRay();
      const answer = await client.send(path, { ...asking, headers: { "CF-Ray": ray } });
      expect(await eventsOf(site, ray, events.length)).toEqual(events);
      if (code) expectFailure(answer, code, ray);
    });
  });
}
