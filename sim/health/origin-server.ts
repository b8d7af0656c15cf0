import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { parseArgs } from "node:util";
import { createRandom } from "../scale/random.ts";

/**
 * An origin of the scenarios of health, `--name NAME --port PORT`: it answers with its name, and fails on command.
 *
 * Pages: `/drop` closes the connection without an answer; `/slow` answers after 1.5 s; `/429` tells the client to wait.
 * `/crash` ends all connections, and the origin listens again 300 ms later, as after a restart. `/control/served` tells
 * how often each method and path was asked for. `/control/behave?HOW` sets the behaviour of all other pages.
 */
const { values } = parseArgs({ options: { name: { type: "string" }, port: { type: "string", default: "0" } } });
const { name = "origin" } = values;
let port = Number(values.port);
const SLOW_MS = 1_500;
const RESTART_MS = 300;
const served: Record<string, number> = {};
let behaviour = "well";
const random = createRandom(1);

type Page = (request: IncomingMessage, response: ServerResponse) => void;

const drop: Page = ({ socket }) => void socket.destroy();
const answer: Page = (_, response) => void response.end(name);

const PAGES: Record<string, Page> = {
  "/control/served": (_, response) => void response.end(JSON.stringify(served)),
  "/control/behave": (request, response) => {
    behaviour = request.url?.split("?")[1] ?? "well";
    response.end();
  },
  "/drop": drop,
  "/slow": (_, response) => void setTimeout(() => response.end(name), SLOW_MS),
  "/429": (_, response) => void response.writeHead(429, { "Retry-After": "900" }).end(),
  "/crash"() {
    server.close();
    server.closeAllConnections();
    setTimeout(() => server.listen(port, "127.0.0.1"), RESTART_MS);
  },
};

const BEHAVIOURS: Record<string, Page> = {
  silent() {},
  flaky: (request, response) => (random.next() < 0.5 ? drop : answer)(request, response),
  deaf: (request, response) => (request.method === "HEAD" ? drop : answer)(request, response),
  cloudflare: (_, response) => void response.writeHead(Number(behaviour.slice(11)), { Server: "cloudflare" }).end(),
};

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  const path = request.url?.split("?")[0] ?? "/";
  count(`${request.method} ${path}`);
  request.resume();
  const page = PAGES[path] ?? BEHAVIOURS[behaviour.split("-")[0] ?? ""] ?? answer;
  page(request, response);
});
server.on("upgrade", (_, socket) => {
  count("upgrade");
  socket.destroy();
});
server.listen(port, "127.0.0.1");
server.once("listening", () => {
  const address = server.address();
  if (typeof address === "object" && address) port = address.port;
  process.send?.({ port });
});
process.on("disconnect", () => process.exit());

function count(what: string): void {
  served[what] = (served[what] ?? 0) + 1;
}
