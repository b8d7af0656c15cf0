import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { parseArgs } from "node:util";
import { createOrigin, MoorOriginError, type OriginSession } from "../../../src/sdk/origin/index.ts";

/**
 * An origin that uses `moor/origin`: `helper-origin.ts --port PORT --issuer ISSUER --moor URL`. Its pool is `shop`.
 *
 * It returns the session as the helper gives it, after the changes of the query: `set=name:value`, `login=name`,
 * `rotate`, `end`. It answers `sessions`, `end-others`, `end-one=id` and `end-all` with the answer of the API of the
 * principal's sessions. It answers a refused handoff with 403 and the error's code.
 */
const { values } = parseArgs({
  options: { port: { type: "string" }, issuer: { type: "string" }, moor: { type: "string" } },
});
const { port = "0", issuer = "", moor: moorUrl = "" } = values;
const moor = createOrigin({ issuer, audience: "shop", moorUrl });

function askSessions({ sessions }: OriginSession, query: URLSearchParams): Promise<unknown> | undefined {
  if (query.has("sessions")) return sessions.list();
  if (query.has("end-others")) return sessions.endOthers();
  if (query.has("end-all")) return sessions.endAll();
  if (query.has("end-one")) return sessions.end(query.get("end-one") ?? "");
  return undefined;
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const session = await moor.session(request);
  const { searchParams } = new URL(request.url ?? "/", "http://origin");
  for (const [what, value] of searchParams) {
    const [name = "", content = ""] = value.split(":");
    if (what === "set") session.set(name, content);
    if (what === "login") session.login(value);
    if (what === "rotate") session.rotate();
    if (what === "end") session.end();
  }
  const asked = await askSessions(session, searchParams);
  session.apply(response);
  if (asked !== undefined) return void response.end(JSON.stringify(asked));
  const { id, version, generation, principal, isNew, attributes } = session;
  response.end(JSON.stringify({ id, version, generation, principal, isNew, attributes }));
}

const server = createServer((request, response) => {
  answer(request, response).catch((fault: unknown) => {
    response.writeHead(fault instanceof MoorOriginError ? 403 : 500);
    response.end(fault instanceof MoorOriginError ? fault.code : String(fault));
  });
});
server.listen(Number(port), "127.0.0.1", () => process.send?.({ port: Number(port) }));
process.on("disconnect", () => process.exit());
