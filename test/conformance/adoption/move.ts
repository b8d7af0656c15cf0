import { type Claims, createQuestions } from "../../../src/adoption/question.ts";
import { parseKeyRing } from "../../../src/inbound/token/key-ring.ts";
import { randomId } from "../../../src/lib/base64url.ts";
import type { Command } from "../../sdk/conformance/drop-in.ts";
import type { Client } from "../../support/node/client.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { freePort } from "../../support/node/ports.ts";
import { originConfig, type Site, startSite } from "../../support/node/site.ts";
import { type StartedServer, startServer } from "../../support/node/started.ts";
import { testKeys } from "../../support/node/test-keys.ts";
import { TEST_ISSUER } from "../../support/node/workerd.ts";

/** The address of a second Moor that may only read. */
export const READER = "https://staging.test";

/** How Moor reads the sessions of a shop by itself. */
interface Reading {
  readonly from: string;
  readonly principal: string;
  readonly keys: Readonly<Record<string, string>>;
}

/**
 * Moor between an old shop and a new origin, which shows what it is handed.
 *
 * @param commandAt the command that runs the shop at a port. Its environment also has `PORT`.
 * @param cookie the name of the shop's cookie.
 * @param options.path of the shop's endpoint. Default `/moor-adopt`.
 * @param options.reading how Moor reads the shop's sessions by itself, with the keys for that. Default: it asks the shop.
 */
export async function startMove(
  commandAt: (port: number) => Command,
  cookie: string,
  { path = "/moor-adopt", reading }: { path?: string; reading?: Reading } = {},
) {
  const confirm = { pool: "old", path };
  const entry = reading ? { from: reading.from, principal: reading.principal, pool: "old" } : { from: "app", confirm };
  const keys = await testKeys();
  const questions = createQuestions(parseKeyRing(keys.confirm, "MOOR_CONFIRM_KEYS"));
  const port = await freePort();
  const { argv, env } = commandAt(port);
  const old: StartedServer = await startServer(argv, port, {
    needs: argv[0] ?? "",
    env: {
      ...process.env,
      ...env,
      PORT: String(port),
      MOOR_ISSUER: TEST_ISSUER,
      MOOR_READER_ISSUERS: `https://test.test/, ${READER}/`,
      MOOR_CONFIRM_KEYS: keys.confirm,
    },
  });
  const origin = await startOrigin("new");
  const url = `http://127.0.0.1:${port}`;
  const site: Site = await startSite([], {
    pools: [
      { id: "new", origins: [originConfig(origin)], session: { may: ["patch", "principal", "end"] } },
      { id: "old", origins: [{ id: "old", url }], session: { may: [] } },
    ],
    routes: [
      { path: "/only-old/*", pool: "old" },
      { path: "/*", pool: "new" },
    ],
    adopt: [{ ...entry, cookies: [cookie], until: "2090-01-01T00:00:00Z" }],
    ...(reading && { texts: reading.keys }),
    keys,
  });
  const cookieIn = ({ headers }: Response) =>
    new RegExp(`${cookie}=([^;]+)`).exec(headers.get("Set-Cookie") ?? "")?.[1] ?? "";
  return {
    site,
    cookie,
    path,
    /** Logs a visitor in at the old shop. Returns its cookie. */
    visitor: async (name: string): Promise<string> => cookieIn(await fetch(`${url}/login?user=${name}`)),
    /** The cookie that a page of the old shop gives to a visitor with this cookie. */
    renewed: async (page: string, value: string): Promise<string> =>
      cookieIn(await fetch(url + page, { headers: { Cookie: `${cookie}=${value}` } })),
    bringing: (value: string) => site.client([[cookie, value]]),
    atOld: async (page: string, value: string) =>
      (await fetch(url + page, { headers: { Cookie: `${cookie}=${value}` } })).text(),
    /**
     * Asks the shop's endpoint as Moor does. Returns the claims of its answer.
     *
     * @param claims of the question, beside those that every question has.
     * @param value of the visitor's cookie. Default: the question comes without a cookie, as at a `PUT`.
     */
    async question(method: "GET" | "PUT" | "DELETE", claims: Claims, value?: string): Promise<Claims> {
      const iat = Math.floor(Date.now() / 1000);
      const text = await questions.sign({ iss: TEST_ISSUER, aud: "app", iat, jti: randomId(), htm: method, ...claims });
      const headers = {
        "Moor-Adopt": method === "PUT" ? "body" : text,
        ...(method === "PUT" && { "Content-Type": "application/jwt" }),
        ...(value !== undefined && { Cookie: `${cookie}=${value}` }),
      };
      const answer = await fetch(url + path, { method, headers, body: method === "PUT" ? text : null });
      return (await questions.open((await answer.text()).trim())) ?? { status: `unsigned ${answer.status}` };
    },
    async stop() {
      await site.stop();
      await old.kill();
      await origin.kill();
    },
  };
}

/** The cookie with another character. Near its end is its signature, whose last character may have spare bits. */
export function forgedOf(cookie: string): string {
  return cookie.slice(0, -20) + (cookie.at(-20) === "a" ? "b" : "a") + cookie.slice(-19);
}

export type Move = Awaited<ReturnType<typeof startMove>>;
/** The session that the new origin is handed. */
export const sessionOf = async (browser: Client) => (await browser.ask("/")).told.session;
