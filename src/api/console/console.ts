import { html } from "hono/html";
import { Hono } from "hono/tiny";
import { loginAt, loginsOf } from "../../config/logins.ts";
import { failureResponse } from "../../errors.ts";
import { sessionSpans } from "../../upstream/live/live-pools.ts";
import { isSameSecret } from "../operators/access.ts";
import { readAudit } from "../operators/audit-api.ts";
import { noRoute } from "../problem.ts";
import { auditTable } from "./audit-page.ts";
import { createByRole } from "./by-role.ts";
import { factsOf, factsOfAll, factsOfSite } from "./facts.ts";
import { CONSOLE, cookieFor, cookieOf, isConsoles, isFromOwnPage, safeHeaders } from "./guard.ts";
import { loginPage, section } from "./layout.ts";
import { nowPage } from "./now-page.ts";
import { createPasses, type Operator } from "./operator.ts";
import { type ConsoleContext, type ConsoleEnv, type ConsoleParts, page } from "./parts.ts";
import { createPoolActions } from "./pool-actions.ts";
import { poolPage, poolPanel } from "./pool-page.ts";
import { createSessionActions } from "./session-actions.ts";
import { configurationPage, storesPage } from "./stores-page.ts";
import { SCRIPT, STYLE } from "./style.ts";

const STATIC = [
  ["style.css", "text/css; charset=utf-8", STYLE],
  ["script.js", "text/javascript; charset=utf-8", SCRIPT],
] as const;

/**
 * The operators' console: pages that are rendered here, and forms that act. It is served at its own host, or on loopback. Everybody who
 * is not logged in gets the 404 of any unknown path, except for the page on which operators log in.
 */
export function createConsole(parts: ConsoleParts): Hono<ConsoleEnv> {
  const { config, access, token, viewerToken, tokenRing, pools, breakers, clock } = parts;
  const { host } = config.admin;
  const passes = createPasses(tokenRing, [token, viewerToken], clock);
  const { roles } = config.admin;
  // Without a host, the console is on loopback.
  const login = roles && loginAt(loginsOf(config), host ?? "localhost");
  const byRole = createByRole({ login, roles, passes, clock });
  const headers = safeHeaders(login && new URL(login.issuer).origin);
  const facts = { config, pools, awayMs: sessionSpans(config.session).awayMs };
  const app = new Hono<ConsoleEnv>();

  app.use(async (c, next) => {
    const url = new URL(c.req.url);
    if (!isConsoles(url, host)) return noRoute(c.req.raw, c.env.log);
    await next();
    // The answer to everybody who is not logged in must not differ from that of an unknown path.
    if (c.res.status === 404 && !c.get("operator")) return undefined;
    for (const [name, value] of Object.entries(headers)) c.res.headers.set(name, value);
    return undefined;
  });

  for (const [name, type, text] of STATIC) {
    app.get(`/static/${name}`, (c) => c.body(text, 200, { "Content-Type": type }));
  }

  const asked = {
    byToken: token !== undefined || viewerToken !== undefined,
    provider: login && new URL(login.issuer).host,
  };
  app.get("/login", async (c) => {
    const judged = await byRole(c.env.visitor);
    if (judged.kind === "unavailable")
      return c.html(loginPage(asked, "Your login could not be read. Log in by token."));
    const message =
      judged.kind === "no-role" ? `${judged.who} is logged in, and has no role at this console.` : undefined;
    return c.html(loginPage({ ...asked, other: judged.kind === "no-role" }, message));
  });
  app.post("/login", async (c) => {
    const url = new URL(c.req.url);
    if (!isFromOwnPage(c.req.raw, url)) return noRoute(c.req.raw, c.env.log);
    const given = String((await c.req.parseBody()).token ?? "");
    const isViewer = viewerToken !== undefined && (await isSameSecret(given, viewerToken));
    const admin = isViewer ? undefined : await access(new Headers({ Authorization: `Bearer ${given}` }));
    if (!isViewer && admin?.kind !== "admin") {
      c.env.log({ event: "admin_refused", reason: "the token is wrong" });
      return c.html(loginPage(asked, "This token is not right."), 403);
    }
    const pass = isViewer ? ({ who: "viewer", may: "view" } as const) : ({ who: "token", may: "act" } as const);
    c.env.log({ event: "admin", who: pass.who, action: "log-in", status: 303 });
    return seeOther(CONSOLE, cookieFor(url, await passes.issue(pass)));
  });

  app.use(async (c, next) => {
    const url = new URL(c.req.url);
    const pass = cookieOf(c.req.raw, url);
    const read = pass === undefined ? undefined : await passes.read(pass);
    const operator = read?.operator ?? (await byAccess(c)) ?? (await byLogin(c));
    if (operator === "unavailable") return failureResponse("session_unavailable", c.req.raw);
    const isAct = c.req.method !== "GET" && c.req.method !== "HEAD";
    if (!operator || (isAct && !(await isOwnForm(c, url, operator)))) return noRoute(c.req.raw, c.env.log);
    c.set("operator", operator);
    c.set("who", operator.who);
    await next();
    if (read?.renewed) c.res.headers.append("Set-Cookie", cookieFor(url, read.renewed));
  });

  app.post("/logout", (c) => seeOther(`${CONSOLE}/login`, cookieFor(new URL(c.req.url), "")));

  app.get("/", async (c) => {
    const [all, site, audit] = await Promise.all([factsOfAll(facts), factsOfSite(facts), shownAudit()]);
    const main = nowPage({ pools: all, site, audit }, c.get("operator"), clock());
    return page(c, { title: "Now", at: "", main, renews: true });
  });

  app.get("/pools", async (c) => {
    const all = await factsOfAll(facts);
    const main = all.map((each) => poolPanel(each, c.get("operator"), clock()));
    return page(c, { title: "Pools", at: "/pools", main, renews: true });
  });

  app.get("/pools/:pool", async (c) => {
    const pool = config.pools.find(({ id }) => id === c.req.param("pool"));
    if (!pool) return noRoute(c.req.raw, c.env.log);
    const main = poolPage(await factsOf(pool, facts), c.get("operator"), clock());
    return page(c, { title: pool.id, at: "/pools", main, renews: true });
  });

  app.get("/stores", async (c) => {
    const [all, site] = await Promise.all([factsOfAll(facts), factsOfSite(facts)]);
    const main = storesPage(all, site, breakers, clock());
    return page(c, { title: "Stores", at: "/stores", main, renews: true });
  });

  app.get("/audit", async (c) => {
    const audit = await shownAudit();
    const text = audit ? auditTable(audit, clock()) : html`<p>Not known: no object keeps actions.</p>`;
    const main = section("Actions of operators", text, "say the objects of the pools, and of the site");
    return page(c, { title: "Audit", at: "/audit", main });
  });

  app.get("/configuration", async (c) => {
    const main = configurationPage(config, await factsOfAll(facts));
    return page(c, { title: "Configuration", at: "/configuration", main });
  });

  app.route("/", createPoolActions(parts, facts));
  app.route("/", createSessionActions(parts, facts));
  app.notFound((c) => noRoute(c.req.raw, c.env.log));

  const shownAudit = async () => (pools ? readAudit(config, pools) : undefined);

  async function byLogin(c: ConsoleContext): Promise<Operator | "unavailable" | undefined> {
    const judged = await byRole(c.env.visitor);
    if (judged.kind === "operator") return judged.operator;
    return judged.kind === "unavailable" ? judged.kind : undefined;
  }

  async function byAccess(c: ConsoleContext): Promise<Operator | undefined> {
    const headers = new Headers(c.req.raw.headers);
    headers.delete("Authorization");
    const admin = await access(headers);
    if (admin.kind !== "admin") return undefined;
    return { who: admin.who, may: "act", formToken: await passes.formToken(admin.who, 0) };
  }

  return app;
}

/** Whether a form of the operator's own page was sent: an operator who may act, or who logs out. */
async function isOwnForm(c: ConsoleContext, url: URL, { may, formToken }: Operator): Promise<boolean> {
  if (c.req.method !== "POST" || !isFromOwnPage(c.req.raw, url)) return false;
  const { form } = await c.req.parseBody();
  if (typeof form !== "string" || !(await isSameSecret(form, formToken))) return false;
  return may === "act" || url.pathname === `${CONSOLE}/logout`;
}

function seeOther(location: string, cookie: string): Response {
  return new Response(null, { status: 303, headers: { Location: location, "Set-Cookie": cookie } });
}
