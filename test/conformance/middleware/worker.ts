import type { HandlingConfig } from "../../../src/config/middleware.ts";
import type { Answer, Asking } from "../../support/node/client.ts";
import { type Site, type SiteOptions, startSite } from "../../support/node/site.ts";

/** The session rules below a first segment, in place of the usual ones. */
const below: Readonly<Record<string, HandlingConfig>> = {
  strict: { freshness: "strict" },
  refuse: { onStale: "refuse" },
  polls: { touch: false },
  writes: { locking: "writes", lockWaitMs: 20_000 },
  refused: { locking: "writes", lockWaitMs: 100 },
};
/** A Worker of the user's own with the middleware, and no origin. */
export const middleware = (options: SiteOptions = {}) =>
  startSite([], { role: "middleware", below, ...options } as SiteOptions);

/** Short grace, and attributes that are soon too large. Paths below `/assets/` have no session. */
export const STRICT: SiteOptions = {
  ignore: [{ path: "/assets/*" }],
  session: { graceSeconds: 0, maxAttributeBytes: 2_048 },
};
/** One session for each principal, and tokens in cookies or in the URL. */
export const LIMITED: SiteOptions = {
  principals: { limit: { sessions: 1, onTooMany: "refuse" } },
  carriers: [{ type: "cookie" }, { type: "url" }],
};

export const POST: Asking = { method: "POST" };
/** A visitor whose session holds tea, and whose token has come back. */
export async function shopper(where: Site) {
  const client = where.client();
  await client.ask("/");
  await client.ask("/?set=basket:tea", POST);
  await client.ask("/");
  return client;
}
/** The code of an error that answers a request. */
export const codeIn = ({ text }: Answer) => (JSON.parse(text) as { code?: string }).code;
/** The log lines of an event. */
export const logged = (where: Site, event: string) =>
  where.moor.logged.filter((line) => line.includes(`"event":"${event}"`)).map((line) => JSON.parse(line));

/** The `Cookie` header of a client. */
export function cookiesOf({ cookies }: { cookies: Map<string, string> }): string {
  return [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
}
