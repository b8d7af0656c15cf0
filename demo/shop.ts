/**
 * An origin server of the demonstration, forked by the supervisor: `shop.ts <id> <port> <Moor's URL> [move]`. With
 * `move` it takes the next free port if its own port is taken.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createOrigin, MoorOriginError, type OriginSession } from "../src/sdk/origin/index.ts";
import { accountPage } from "./account-page.ts";
import { readExplain } from "./explain.ts";
import { joinFleet } from "./fleet.ts";
import { goods, linesOf, MOST_OF_ONE } from "./goods.ts";
import { addOrder, ordersOf } from "./orders.ts";
import { contentSecurityPolicy, directPage, messagePage } from "./page.ts";
import { shopPage } from "./shop-page.ts";

const FORM_BYTES = 4096;
const NAME_CHARACTERS = 20;

const [id = "", port = "", moorUrl = "", move] = process.argv.slice(2);
/** Each pool has handoffs of its own, and this server belongs to two. */
const moor = {
  shop: createOrigin({ issuer: moorUrl, audience: "shop" }),
  account: createOrigin({ issuer: moorUrl, audience: "account" }),
};
const fleet = joinFleet();

interface Exchange {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly url: URL;
  readonly session: OriginSession;
  readonly form: URLSearchParams;
}

const routes = new Map<string, (exchange: Exchange) => void | Promise<void>>([
  ["GET /", showShop],
  ["POST /basket/add", addToBasket],
  ["POST /basket/remove", removeFromBasket],
  ["POST /login", logIn],
  ["POST /logout", logOut],
  ["GET /account", showAccount],
  ["POST /account/orders", order],
  ["POST /servers/stop", stopServer],
  ["POST /servers/start", startServer],
]);

function showShop({ req, res, url, session }: Exchange, loginProblem?: string): void {
  const page = shopPage({
    server: id,
    servers: fleet.servers(),
    sessionId: session.id,
    version: session.version,
    user: userOf(session),
    isOfProvider: session.providerLogin !== undefined,
    lines: linesOf(session.attributes.basket),
    explain: readExplain(req.headers["moor-explain"]),
    stopped: url.searchParams.get("stopped") ?? undefined,
    loginProblem,
  });
  sendPage(res, loginProblem === undefined ? 200 : 422, page);
}

function addToBasket({ res, session, form }: Exchange): void {
  const good = goods.find(({ sku }) => sku === form.get("good"));
  if (good) {
    const line = linesOf(session.attributes.basket).find(({ good: { sku } }) => sku === good.sku);
    session.patch({ basket: { [good.sku]: Math.min((line?.count ?? 0) + 1, MOST_OF_ONE) } });
  }
  seeOther(res, session, "/#basket");
}

function removeFromBasket({ res, session, form }: Exchange): void {
  const good = goods.find(({ sku }) => sku === form.get("good"));
  if (good) session.patch({ basket: { [good.sku]: null } });
  seeOther(res, session, "/#basket");
}

function logIn(exchange: Exchange): void {
  const name = [...(exchange.form.get("name") ?? "").trim()].slice(0, NAME_CHARACTERS).join("");
  if (name === "") showShop(exchange, "Please type a name first.");
  else {
    // A principal is visible ASCII; any name becomes that, at most 12 characters for each of its own.
    exchange.session.login(encodeURIComponent(name));
    seeOther(exchange.res, exchange.session, "/#login");
  }
}

function logOut({ res, session }: Exchange): void {
  session.end();
  seeOther(res, session, "/#login");
}

function showAccount({ res, session }: Exchange): void {
  const { providerLogin: login, attributes, id: sessionId, version } = session;
  // Moor lets nobody come here without a login.
  if (!login) throw new Error("a request for the account without a login");
  const lines = linesOf(attributes.basket);
  const user = userOf(session) ?? "";
  sendPage(
    res,
    200,
    accountPage({ server: id, user, login, sessionId, version, lines, orders: ordersOf(attributes.orders) }),
  );
}

function order({ res, session }: Exchange): void {
  const lines = linesOf(session.attributes.basket);
  if (lines.length > 0) session.patch({ orders: addOrder(session.attributes.orders, lines), basket: null });
  seeOther(res, session, "/account");
}

function userOf({ principal }: OriginSession): string | undefined {
  return principal === undefined ? undefined : decodeURIComponent(principal);
}

async function stopServer({ res, session, form }: Exchange): Promise<void> {
  const target = form.get("server") ?? "";
  if (target === id) {
    // Whatever still comes must meet a closed port, not a process that has a moment left.
    server.close();
    res.setHeader("Connection", "close");
    res.once("close", () => fleet.stop(id));
    fleet.stopping();
  } else fleet.stop(target);
  await fleet.reached(target, "stopped");
  seeOther(res, session, `/?stopped=${encodeURIComponent(target)}`);
}

async function startServer({ res, session, form }: Exchange): Promise<void> {
  const target = form.get("server") ?? "";
  fleet.start(target);
  await fleet.reached(target, "running");
  seeOther(res, session, "/#servers");
}

async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const url = new URL(req.url ?? "/", "http://origin.invalid");
  if (url.pathname === "/favicon.ico") return void res.writeHead(204).end();
  const method = req.method === "HEAD" ? "GET" : req.method;
  const route = routes.get(`${method} ${url.pathname}`);
  if (!route)
    return sendPage(
      res,
      404,
      messagePage("There is nothing here", "The shop has two pages: the shop and your account."),
    );
  const session = await (isOfAccount(url.pathname) ? moor.account : moor.shop).session(req);
  const form = new URLSearchParams(method === "POST" ? await readBody(req) : "");
  await route({ req, res, url, session, form });
}

function isOfAccount(path: string): boolean {
  return path === "/account" || path.startsWith("/account/");
}

async function readBody(req: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of req) {
    bytes += chunk.length;
    if (bytes > FORM_BYTES) throw new Error(`a form above ${FORM_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function seeOther(res: ServerResponse, session: OriginSession, location: string): void {
  session.apply(res);
  res.writeHead(303, { Location: location }).end();
}

function sendPage(res: ServerResponse, status: number, page: string): void {
  res.writeHead(status, {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": contentSecurityPolicy,
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
  });
  res.end(page);
}

function sendProblem(res: ServerResponse, cause: unknown): void {
  if (cause instanceof MoorOriginError && cause.code === "handoff-missing") {
    sendPage(res, 403, directPage(id, moorUrl));
    return;
  }
  console.error(`origin ${id}  `, cause);
  if (res.headersSent) res.destroy();
  else sendPage(res, 500, messagePage("Something went wrong", "The terminal says what."));
}

const server = createServer((req, res) => {
  answer(req, res).catch((cause: unknown) => sendProblem(res, cause));
});
// Ctrl-C reaches every process of the terminal, but only the supervisor ends this process.
process.on("SIGINT", () => {});
server.on("listening", () => fleet.listening((server.address() as AddressInfo).port));
server.on("error", (error: NodeJS.ErrnoException) => {
  if (move === undefined || error.code !== "EADDRINUSE") throw error;
  listen(tried + 1);
});
let tried = 0;
listen(Number(port));

function listen(at: number): void {
  tried = at === Number(new URL(moorUrl).port) ? at + 1 : at;
  server.listen(tried, "127.0.0.1");
}
