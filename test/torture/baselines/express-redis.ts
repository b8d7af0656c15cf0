import { once } from "node:events";
import { type Agent, createServer, Agent as HttpAgent, type IncomingMessage, request as send } from "node:http";
import type { AddressInfo } from "node:net";
import { RedisStore } from "connect-redis";
import express, { type Request as Incoming, type Response as Outgoing } from "express";
import session from "express-session";
import { createClient } from "redis";
import { startRedisServer } from "../../../bin/local-redis/redis-server.ts";
import type { Truth, View } from "../history.ts";
import { type Asked, type Stage, type Subject, type SubjectKind, VISIT_HEADER } from "../subject.ts";
import { RealWork } from "./real-work.ts";

const COOKIE = "connect.sid";
const PREFIX = "sess:";
/** Tells a session without attributes from a missing session. */
const BEGUN = "begun";

/**
 * express-session with connect-redis, set up as their manuals say, on a Redis of its own. Its processes, sockets and
 * times are real, and pass between two events of the schedule's clock. No link fails.
 */
export async function expressOnRedis(): Promise<SubjectKind> {
  const redis = await startRedisServer();
  if (!redis) throw new Error("this subject needs redis-server on the PATH");
  const client = createClient({ socket: { path: redis.socket, tls: false } });
  await client.connect();
  const work = new RealWork();
  let stage: Stage | undefined;
  const app = express();
  app.use(
    session({
      store: new RedisStore({ client, prefix: PREFIX }),
      secret: "of no worth",
      resave: false,
      saveUninitialized: false,
    }),
  );
  app.use(async (incoming: Incoming, outgoing: Outgoing) => {
    const visit = Number(incoming.get(VISIT_HEADER));
    // The origin takes its time by the schedule's clock.
    const asked = await work.pause(async () => (stage as Stage).origin(visit, viewOf(incoming)));
    await carryOut(asked, incoming, outgoing);
    outgoing.status(204).end();
  });
  const server = createServer(app).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const agent = new HttpAgent({ keepAlive: true });

  const subject: Subject = {
    handle: (request) => work.during(() => forward(request, port, agent)),

    async identify(cookies) {
      const sid = /^s:([^.]+)\./.exec(decodeURIComponent(cookies.get(COOKIE) ?? ""))?.[1];
      return sid === undefined ? undefined : { sid, generation: 0, version: 1 };
    },

    async truth(sid): Promise<Truth> {
      return truthIn(await work.during(() => client.get(PREFIX + sid)));
    },

    async close() {
      stage = undefined;
      await client.flushAll();
    },
  };

  return {
    async create(given) {
      stage = given;
      return subject;
    },
    quiet: () => work.quiet(),
    async close() {
      agent.destroy();
      server.close();
      server.closeAllConnections();
      client.destroy();
      await redis.stop();
    },
  };
}

function viewOf({ session, sessionID }: Incoming): View {
  const { [BEGUN]: hasBegun, principal, ...attributes } = stored(session);
  if (!hasBegun) return { attributes: {} };
  return { sid: sessionID, ...(typeof principal === "string" ? { principal } : {}), attributes };
}

function truthIn(text: string | null): Truth {
  if (text === null) return { kind: "none" };
  const { [BEGUN]: _, principal, ...attributes } = stored(JSON.parse(text));
  return { kind: "live", ...(typeof principal === "string" ? { principal } : {}), attributes };
}

/** The contents of a session without its cookie. */
function stored(session: object): Record<string, unknown> {
  const { cookie: _, ...kept } = session as Record<string, unknown>;
  return { ...kept };
}

async function carryOut({ patch, principal, rotate, end }: Asked, incoming: Incoming, outgoing: Outgoing) {
  if (end) {
    await called((done) => incoming.session.destroy(done));
    outgoing.clearCookie(COOKIE);
    return;
  }
  if (principal !== undefined || rotate) {
    const kept = stored(incoming.session);
    await called((done) => incoming.session.regenerate(done));
    Object.assign(incoming.session, kept, { [BEGUN]: true }, principal === undefined ? {} : { principal });
  }
  if (patch) Object.assign(incoming.session, { [BEGUN]: true });
  for (const [name, value] of Object.entries(patch ?? {})) {
    if (value === null) Reflect.deleteProperty(incoming.session, name);
    else Object.assign(incoming.session, { [name]: value });
  }
}

function called(work: (done: (fault: unknown) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => work((fault) => (fault ? reject(fault) : resolve())));
}

async function forward(request: Request, port: number, agent: Agent): Promise<Response> {
  const outgoing = send({ port, agent, method: request.method, headers: Object.fromEntries(request.headers) });
  outgoing.end();
  const [incoming] = (await once(outgoing, "response")) as [IncomingMessage];
  incoming.resume();
  await once(incoming, "end");
  const headers = new Headers();
  for (const cookie of incoming.headers["set-cookie"] ?? []) headers.append("Set-Cookie", cookie);
  return new Response(null, { status: incoming.statusCode ?? 500, headers });
}
