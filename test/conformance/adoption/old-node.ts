/** A shop that keeps its sessions in its memory, as it ran before Moor: with express-session, or by itself with handlers of the web's kind. */
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { Readable } from "node:stream";
import express, { type Request as ExpressRequest } from "express";
import session from "express-session";
import { adopt as adoptExpress } from "../../../src/sdk/adopt/express.ts";
import { adopt as adoptFetch } from "../../../src/sdk/adopt/fetch.ts";

type Data = { user?: string; basket?: Record<string, number> };
const [, , kind = ""] = process.argv;
const port = Number(process.env.PORT);
const pageOf = ({ user = null, basket = null }: { user?: string | null; basket?: object | null } = {}) =>
  JSON.stringify({ server: "old", user, basket });

function withExpress(): void {
  const dataOf = (request: ExpressRequest) => request.session as Data;
  const app = express();
  app.use(session({ secret: "of no worth", resave: false, saveUninitialized: false }));
  app.use(
    "/moor-adopt",
    adoptExpress<ExpressRequest>({ from: "app", principal: (request) => principalOf(dataOf(request)) }),
  );
  app.get("/login", (request, response) => {
    Object.assign(request.session, { user: request.query.user, basket: { apples: 2 } });
    response.end();
  });
  app.get("/logout", (request, response, next) => {
    request.session.destroy((fault: unknown) => (fault ? next(fault) : response.end()));
  });
  app.use((request, response) => void response.end(pageOf(dataOf(request))));
  app.listen(port, "127.0.0.1");
}

/** A principal is visible ASCII. */
function principalOf({ user }: Data): string | undefined {
  return user && encodeURIComponent(user);
}

function withFetch(): void {
  const kept = new Map<string, { data: Data; version: number }>();
  const idOf = (request: Request) => /sid=([^;]+)/.exec(request.headers.get("Cookie") ?? "")?.[1] ?? "";
  const endpoint = adoptFetch<Request>({
    from: "app",
    session(request) {
      const id = idOf(request);
      const data = kept.get(id)?.data;
      return data && { id, principal: principalOf(data), attributes: data, expiresAt: Date.now() + 3_600_000 };
    },
    async end(id) {
      kept.delete(id);
    },
    async bringBack(id, { version, attributes }) {
      const old = kept.get(id);
      if (old && version > old.version) kept.set(id, { data: attributes as Data, version });
      return old !== undefined;
    },
  });
  const pages: Record<string, (request: Request) => Response | Promise<Response>> = {
    "/moor-adopt": (request) => endpoint[request.method as keyof typeof endpoint](request),
    "/login"(request) {
      const id = randomUUID();
      const user = new URL(request.url).searchParams.get("user") ?? "";
      kept.set(id, { data: { user, basket: { apples: 2 } }, version: 0 });
      return new Response(null, { headers: { "Set-Cookie": `sid=${id}; Path=/` } });
    },
    "/logout"(request) {
      kept.delete(idOf(request));
      return new Response();
    },
  };
  createServer(async (incoming, outgoing) => {
    const url = `http://127.0.0.1:${port}${incoming.url}`;
    const { method = "GET" } = incoming;
    const body = method === "PUT" ? (Readable.toWeb(incoming) as ReadableStream) : null;
    const headers = Object.entries(incoming.headers).map(([name, value]) => [name, String(value)] as [string, string]);
    const request = new Request(url, { method, headers, body, ...(body && { duplex: "half" }) } as RequestInit);
    const page = pages[new URL(url).pathname] ?? (() => new Response(pageOf(kept.get(idOf(request))?.data)));
    const answer = await page(request);
    outgoing.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text());
  }).listen(port, "127.0.0.1");
}

if (kind === "express") withExpress();
else withFetch();
