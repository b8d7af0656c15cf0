import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { parseArgs } from "node:util";

/**
 * An origin for black-box tests. It returns the request that it received, and makes the changes of the query.
 *
 * `set=name:value` (several), `patch=JSON`, `flash=JSON`, `login=name`, `remember`, `rotate`, `end`,
 * `header=name:value` (several), `status=200`, `delayMs=0`, `hold=URL`.
 *
 * A request with `hold` waits at a gate, which is a URL below `/.held/`. A test opens the gate by `DELETE`. `GET` of the
 * gate is answered when a request has arrived there, and `POST` waits there. These requests do not count as served.
 */
const { values } = parseArgs({ options: { name: { type: "string" }, port: { type: "string", default: "0" } } });
const name = values.name ?? "origin";
let served = 0;
const gates = new Map<string, Record<"arrived" | "opened", PromiseWithResolvers<void>>>();

const server = createServer(async (request, response) => {
  const url = new URL(request.url ?? "/", "http://origin");
  if (url.pathname.startsWith("/.held/")) {
    if (request.method === "POST") await waitAt(url.pathname);
    else if (request.method === "GET") await gateOf(url.pathname).arrived.promise;
    else gateOf(url.pathname).opened.resolve();
    response.end();
    return;
  }
  served++;
  const body = await read(request);
  const delayMs = Number(url.searchParams.get("delayMs") ?? 0);
  if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
  const hold = url.searchParams.get("hold");
  if (hold !== null) await waitAt(new URL(hold).pathname);
  try {
    ask(url.searchParams, response);
  } catch (error) {
    // Node refuses a character that no header may have, such as a line break.
    response.statusCode = 500;
    response.end(JSON.stringify({ server: name, error: String(error) }));
    return;
  }
  response.statusCode = Number(url.searchParams.get("status") ?? 200);
  response.setHeader("Content-Type", "application/json");
  response.end(JSON.stringify({ server: name, served, ...told(request), body: body.toString("utf8") }));
});
// workerd closes idle connections. If the origin closed them as well, a request could come on a connection just then.
server.keepAliveTimeout = 60_000;
server.listen(Number(values.port), "127.0.0.1", () => {
  const address = server.address();
  process.send?.({ port: typeof address === "object" ? address?.port : 0 });
});
process.on("disconnect", () => process.exit());

function gateOf(path: string) {
  const known = gates.get(path);
  if (known) return known;
  const gate = { arrived: Promise.withResolvers<void>(), opened: Promise.withResolvers<void>() };
  gates.set(path, gate);
  return gate;
}

async function waitAt(path: string): Promise<void> {
  gateOf(path).arrived.resolve();
  await gateOf(path).opened.promise;
}

function ask(query: URLSearchParams, response: ServerResponse): void {
  const patches = query.getAll("set").map((pair) => {
    const [attribute = "", value = ""] = pair.split(":");
    return JSON.stringify({ [attribute]: value });
  });
  patches.push(...query.getAll("patch"));
  if (patches.length > 0) response.setHeader("Moor-Patch", patches);
  if (query.has("flash")) response.setHeader("Moor-Flash", query.getAll("flash"));
  if (query.has("remember")) response.setHeader("Moor-Remember", "1");
  if (query.has("login")) response.setHeader("Moor-Principal", query.get("login") ?? "");
  if (query.has("rotate")) response.setHeader("Moor-Rotate", "1");
  if (query.has("end")) response.setHeader("Moor-End", "1");
  for (const pair of query.getAll("header")) {
    const colon = pair.indexOf(":");
    response.appendHeader(pair.slice(0, colon), pair.slice(colon + 1));
  }
}

/** The request as it arrived. The handoff's claims are read without a check, because the helper's tests check them. */
function told(request: IncomingMessage) {
  const jwt = request.headers["moor-session"];
  const payload = typeof jwt === "string" ? jwt.split(".")[1] : undefined;
  return {
    method: request.method,
    url: request.url,
    rawHeaders: request.rawHeaders,
    headers: request.headers,
    session: payload === undefined ? undefined : JSON.parse(Buffer.from(payload, "base64url").toString("utf8")),
  };
}

async function read(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
