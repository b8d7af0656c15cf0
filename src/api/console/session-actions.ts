import { html } from "hono/html";
import { Hono } from "hono/tiny";
import { createDebugLinks, DEBUG_LINK_MS, DEBUG_LINK_PATH } from "../../inbound/token/debug-link.ts";
import { principalName } from "../../objects/clients/principal-client.ts";
import { SHOWN_CHARACTERS } from "../../observe/request-facts.ts";
import { isPrincipal } from "../../session/change.ts";
import { createAuditor } from "../operators/auditor.ts";
import { soon } from "../operators/soon.ts";
import { type FactsParts, factsOfAll } from "./facts.ts";
import { type Html, section } from "./layout.ts";
import { type ConsoleContext, type ConsoleEnv, type ConsoleParts, page } from "./parts.ts";
import { readCopies } from "./session-copies.ts";
import { debugLinkPage, sessionPage } from "./session-page.ts";
import { endPage, findPage, SESSION_ID, userPage } from "./sessions-page.ts";
import { plural } from "./words.ts";

const ID = ":id{[A-Za-z0-9_-]{22}}";
const MOST = 100;
const NOT_INDEXED =
  "The configuration does not index sessions by user: it has no principals. Find a session by its id.";
const AWAY = "The store of sessions did not answer. Nothing is known, and nothing was changed. Try again.";

type Status = Parameters<typeof page>[2];

/** The pages of sessions, and the forms that end them. */
export function createSessionActions(parts: ConsoleParts, facts: FactsParts): Hono<ConsoleEnv> {
  const { config, sessions, stores, openSince, issuer, tokenRing, principals, pools, clock } = parts;
  const links = createDebugLinks(tokenRing);
  const app = new Hono<ConsoleEnv>();
  const shown = (c: ConsoleContext, main: Html, status?: Status) =>
    page(c, { title: "Sessions", at: "/sessions", main }, status);
  const told = (c: ConsoleContext, title: string, text: string, status?: Status) =>
    shown(c, section(title, html`<p role="status">${text}</p>`), status);
  const auditor = (c: ConsoleContext) => createAuditor({ pools, clock, log: c.env.log });

  app.get("/sessions", async (c) => {
    const of = c.req.query("of");
    if (of === undefined) return shown(c, findPage());
    if (SESSION_ID.test(of)) return c.redirect(`${c.req.path}/${of}`, 303);
    if (!isPrincipal(of)) return shown(c, findPage("A user has 1 to 256 characters of visible ASCII."), 400);
    if (!principals) return shown(c, findPage(NOT_INDEXED), 409);
    const listed = await soon(principals.list(of, { most: MOST, after: c.req.query("after") }));
    logged(c, "list", listed.kind === "unavailable" ? 503 : 200);
    if (listed.kind === "unavailable") return told(c, "Not known", AWAY);
    return shown(c, userPage(of, listed, c.get("operator"), clock()));
  });

  app.get("/sessions/end-all", async (c) => {
    const of = c.req.query("of") ?? "";
    if (!isPrincipal(of)) return shown(c, findPage("A user has 1 to 256 characters of visible ASCII."), 400);
    if (!principals) return shown(c, findPage(NOT_INDEXED), 409);
    const counted = await soon(principals.count(of));
    if (counted.kind === "unavailable") return told(c, "Not known", AWAY);
    return shown(c, endPage({ principal: of, count: counted.count }, c.get("operator")));
  });

  app.post("/sessions/end-all", async (c) => {
    const of = c.req.query("of") ?? "";
    if (!isPrincipal(of) || !principals) return shown(c, findPage(NOT_INDEXED), 409);
    if ((await c.req.parseBody()).typed !== of) {
      return told(c, "Nothing was changed", "The user was not typed as it is. Go back, and type it again.", 400);
    }
    const principal = (await principalName(of)).slice(0, SHOWN_CHARACTERS);
    const ended = await auditor(c)(
      { who: c.get("who"), from: "console", action: "end-all", principal },
      () => principals.endAll(of, {}),
      (result) => (result.kind === "ending" ? `${result.ended} ended, ${result.left} left` : result.kind),
    );
    logged(c, "end-all", ended.kind === "unavailable" ? 503 : 200, { principal });
    if (ended.kind === "unavailable") return told(c, "Not known", AWAY, 503);
    const left = ended.left === 0 ? "" : ` ${plural(ended.left, "session")} are left: Moor ends these by itself.`;
    return told(c, "Done", `${plural(ended.ended, "session")} ended.${left}`);
  });

  app.get(`/sessions/${ID}`, async (c) => {
    const id = c.req.param("id");
    const [found, pools] = await Promise.all([readCopies(id, stores, clock()), factsOfAll(facts)]);
    const isGone = found[0]?.kind === "ended" || found[0]?.kind === "none";
    const status = isGone ? 404 : 200;
    logged(c, "look", status);
    const seen = { id, found, pools, config, openSince: openSince() };
    return page(c, { title: "Session", at: "/sessions", main: sessionPage(seen, c.get("operator"), clock()) }, status);
  });

  app.get(`/sessions/${ID}/debug-link`, async (c) => {
    const id = c.req.param("id");
    const [link, now] = [await links.sign(id, clock()), clock()];
    const { origin } = new URL(config.admin.host === undefined ? c.req.url : issuer);
    logged(c, "debug-link", 200, { session: id.slice(0, SHOWN_CHARACTERS) });
    return shown(c, debugLinkPage(id, `${origin}${DEBUG_LINK_PATH}?link=${link}`, now, DEBUG_LINK_MS));
  });

  app.get(`/sessions/${ID}/end`, (c) => shown(c, endPage({ session: c.req.param("id") }, c.get("operator"))));

  app.post(`/sessions/${ID}/end`, async (c) => {
    const id = c.req.param("id");
    const session = id.slice(0, SHOWN_CHARACTERS);
    const action = { who: c.get("who"), from: "console", action: "end", session } as const;
    const ended = await auditor(c)(action, () => sessions.end(id));
    logged(c, "end", ended.kind === "unavailable" ? 503 : 200, { session });
    if (ended.kind === "unavailable") return told(c, "Not known", AWAY, 503);
    return told(c, "Done", ended.kind === "ended" ? "The session has ended." : "There was no such session.");
  });

  function logged(
    c: ConsoleContext,
    action: string,
    status: number,
    of: { session?: string; principal?: string } = {},
  ): void {
    c.env.log({ event: "admin", who: c.get("who"), action, status, ...of });
  }

  return app;
}
