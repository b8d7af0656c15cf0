import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { RedisStore } from "connect-redis";
import express, { type Request, type Response } from "express";
import session, { type Store } from "express-session";
import { createClient } from "redis";
import { adopt } from "../../../src/sdk/adopt/express.ts";

/** A shop on express-session with connect-redis, as it ran before Moor, with the endpoint of `moor/express/adopt`. */
export interface OldExpress {
  readonly name: string;
  readonly url: string;
  /** How many questions of Moor's have come to the endpoint, or requests that pretended to be questions. */
  asked(): number;
  /** Ends the process's server, as a crash would; it keeps its port. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

type Data = { user?: string; basket?: Record<string, number> };

/** The secret with which the shop signs. */
export const OLD_SECRET = "of no worth";

let people = 0;

/** A visitor of the old shop, with a basket of apples and a login. `cookie`: the value of `connect.sid`. */
export async function visitorOf({ url }: Pick<OldExpress, "url">): Promise<{ name: string; cookie: string }> {
  const name = `visitor-${++people}`;
  let cookie = "";
  for (const path of ["/basket?fruit=apples", `/login?user=${name}`]) {
    const headers = cookie ? { Cookie: `connect.sid=${cookie}` } : undefined;
    const answer = await fetch(url + path, { method: "POST", ...(headers && { headers }) });
    cookie = /connect\.sid=([^;]+)/.exec(answer.headers.get("Set-Cookie") ?? "")?.[1] ?? cookie;
  }
  return { name, cookie };
}

/**
 * @param kept the path of the socket of the shop's Redis, or another store.
 * @param options.readers the Moors that may only read.
 * @param options.name the name of this server on its pages. Default "old".
 */
export async function startOldExpress(
  kept: string | Store,
  { keys, issuer, readers = "", name = "old" }: { keys: string; issuer: string; readers?: string; name?: string },
): Promise<OldExpress> {
  const client = typeof kept === "string" ? createClient({ socket: { path: kept, tls: false } }) : undefined;
  // It connects again by itself.
  client?.on("error", () => {});
  await client?.connect();
  let asked = 0;
  const app = express();
  app.use(
    session({
      store: client ? new RedisStore({ client, prefix: "sess:" }) : (kept as Store),
      secret: OLD_SECRET,
      resave: false,
      saveUninitialized: false,
    }),
  );
  app.use("/moor-adopt", (_request, _response, next) => {
    asked++;
    next();
  });
  app.use(
    "/moor-adopt",
    adopt<Request>({ from: "app", issuer, readers, keys, principal: ({ session }) => (session as Data).user }),
  );
  app.post("/login", (request: Request, response: Response, next) => {
    const { basket } = request.session as Data;
    request.session.regenerate((fault: unknown) => {
      if (fault) return next(fault);
      Object.assign(request.session, { user: request.query.user, basket });
      response.end();
    });
  });
  app.post("/basket", (request: Request, response: Response) => {
    const held = request.session as Data;
    held.basket = { ...held.basket, [String(request.query.fruit)]: 1 };
    response.end();
  });
  app.post("/logout", (request: Request, response: Response, next) => {
    request.session.destroy((fault: unknown) => (fault ? next(fault) : response.end()));
  });
  app.get("/stored", (request: Request, response: Response) => void response.json(request.session));
  app.use((request: Request, response: Response) => {
    const { user, basket } = request.session as Data;
    response.json({ server: name, user, basket, adopted: request.get("Moor-Session") !== undefined });
  });

  let server = createServer(app).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const kill = async () => {
    if (!server.listening) return;
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  };
  return {
    name,
    url: `http://127.0.0.1:${port}`,
    asked: () => asked,
    kill,
    async restart() {
      server = createServer(app).listen(port, "127.0.0.1");
      await once(server, "listening");
    },
    async stop() {
      await kill();
      client?.destroy();
    },
  };
}
