import { parseArgs } from "node:util";
import express, { type ErrorRequestHandler, type RequestHandler } from "express";

/** The data of a session of the shop. */
export type Items = Record<string, string>;

/** The session of a request, whichever middleware put it there. */
interface WithSession {
  readonly session: { items?: Items };
}

const PAGE = "x".repeat(1_024);
/** Proxies that keep connections must not find them closed. */
const KEEP_ALIVE_MS = 60_000;

/** The parameters of the process: `--name`, `--port`, and where its sessions are. */
export const { name, port, sessions } = parseArgs({
  options: {
    name: { type: "string", default: "" },
    port: { type: "string", default: "0" },
    sessions: { type: "string", default: "" },
  },
}).values;

/**
 * Serves the shop, and tells its parent its port. All contestants have this shop on the same origins behind them.
 * `GET /` shows the items of the session, `POST /items/NAME/VALUE` adds an item. With `?work=MS` it takes that long
 * between reading and changing the session.
 *
 * @param session puts `session` on requests, and keeps it after them.
 */
export function serveShop(session: RequestHandler): void {
  const app = express();
  app.set("trust proxy", true);
  app.use(session);
  app.get("/", (request, response) => {
    const { session } = request as unknown as WithSession;
    response.json({ server: name, items: session.items ?? {}, page: PAGE });
  });
  app.post("/items/:name/:value", async (request, response) => {
    const { session } = request as unknown as WithSession;
    const items = { ...session.items };
    const workMs = Number(request.query.work ?? 0);
    if (workMs > 0) await new Promise((resolve) => setTimeout(resolve, workMs));
    session.items = { ...items, [request.params.name]: request.params.value };
    response.json({ server: name, items: session.items });
  });
  app.use(((fault: { status?: number }, _request, response, next) => {
    if (response.headersSent) next(fault);
    else response.status(fault.status ?? 500).end();
  }) satisfies ErrorRequestHandler);
  const server = app.listen(Number(port), "127.0.0.1", () => {
    const address = server.address();
    process.send?.({ port: typeof address === "object" ? address?.port : 0 });
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  process.on("disconnect", () => process.exit());
}
