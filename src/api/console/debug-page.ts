import { html } from "hono/html";
import { REGIONS } from "../../config/regions.ts";
import type { ResolvedConfig, ResolvedPool } from "../../config/resolved.ts";
import { createDebugLinks } from "../../inbound/token/debug-link.ts";
import type { KeyRing } from "../../inbound/token/key-ring.ts";
import type { OpenedToken } from "../../inbound/token/tokens.ts";
import { SHOWN_CHARACTERS } from "../../observe/request-facts.ts";
import { originOfPin } from "../../upstream/choose/pins.ts";
import { sessionSpans } from "../../upstream/live/live-pools.ts";
import type { Pools } from "../../upstream/live/pool-contracts.ts";
import { factsOfAll } from "./facts.ts";
import { safeHeaders } from "./guard.ts";
import { type Html, table } from "./layout.ts";
import { placementOf } from "./session-origin.ts";
import { placementText } from "./session-page.ts";
import { timeOf } from "./words.ts";

/** The parts of the page behind a debug link. */
export interface DebugPageParts {
  readonly config: Pick<ResolvedConfig, "pools" | "session">;
  /** Of tokens. It signs debug links, too. */
  readonly tokenRing: KeyRing;
  /** `undefined`: what operators and probes say is not known. */
  readonly pools: Pools | undefined;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

/**
 * Answers a visitor who opens a debug link.
 *
 * @param token the visitor's; `undefined`: they have none.
 * @returns `undefined`: no operator has made the link, or it has expired.
 */
export type DebugPage = (url: URL, token: OpenedToken | undefined) => Promise<Response | undefined>;

function pinText(pools: readonly ResolvedPool[], pin: number): string {
  if (pin === 0) return "none";
  for (const pool of pools) {
    const named = originOfPin(pool, pin);
    if (named)
      return `${pool.id}/${named.origin}, ${named.isForGood ? "where it stays" : "which served it last for a moment"}`;
  }
  return "an origin that is not configured any more";
}

/** The page on which a visitor shows an operator what only their token knows. */
export function createDebugPage({ config, tokenRing, pools, clock }: DebugPageParts): DebugPage {
  const links = createDebugLinks(tokenRing);
  const { awayMs } = sessionSpans(config.session);

  async function shown(token: OpenedToken): Promise<Html> {
    const now = clock();
    const { id, generation, version, bornAt, issuedAt, touchedAt, expiresAt, home, pin, replicated, markedAt } = token;
    const rows = [
      ["session", `${id.slice(0, SHOWN_CHARACTERS)}…`],
      ["generation", String(generation)],
      ["newest version seen", String(version)],
      ["born (UTC)", timeOf(bornAt, now)],
      ["region of birth", REGIONS[home - 1] ?? "unknown"],
      ["pin", pinText(config.pools, pin)],
      ["signed (UTC)", timeOf(issuedAt, now)],
      ["last touch (UTC)", timeOf(touchedAt, now)],
      ["expires (UTC)", timeOf(expiresAt, now)],
      ["has a replica", replicated ? "yes" : "no"],
      ["journal may have a change of", markedAt === undefined ? "never" : `${timeOf(markedAt, now)} UTC or before`],
    ];
    const placed = (await factsOfAll({ config, pools, awayMs })).map((facts) => {
      const placement = placementOf(facts, { id, bornAt, token: { home, pin } }, now);
      return html`<h2>Pool ${facts.pool.id}</h2>${placementText(placement, facts.pool.affinity.algorithm)}`;
    });
    return html`<p>The people who run this site asked you to open this page. Read it to them, or send them a picture of it.</p>
      ${table(["your token says", ""], rows)}${placed}<p>${timeOf(now, now)} UTC</p>`;
  }

  return async (url, token) => {
    const verdict = await links.check(url.searchParams.get("link") ?? "", token?.id, clock());
    if (verdict === "unknown") return undefined;
    const main =
      verdict === "own" && token
        ? await shown(token)
        : html`<p>This link is for another session than that of this browser. Open it in the browser with which you use the site.</p>`;
    const page = html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Your session · Moor</title>
<main><h1>Your session</h1>${main}</main>
</html>`;
    return new Response(String(await page), {
      headers: { ...safeHeaders(), "Content-Type": "text/html; charset=utf-8" },
    });
  };
}
