/**
 * A user's own Worker with `moor/hono`. A test watches its calls of the sessions' objects. It answers as
 * `node/origin-server.ts` does: it returns the request in JSON, and makes the changes of the query by `c.var.session`.
 */
import { type Context, Hono } from "hono";
import { stream } from "hono/streaming";
import {
  type AnyAttributes,
  type HandlingConfig,
  type MiddlewareConfig,
  type MoorEnv,
  MoorHonoError,
  moor,
} from "../../src/hono/index.ts";
import type { SessionsEnv } from "../../src/wiring/sessions.ts";
import { overLink } from "./watched-link.ts";

export { PrincipalObject, SessionObject } from "../../src/hono/index.ts";
export { PoolObject } from "../../src/objects/pool/pool-object.ts";
export { Link } from "./watched-link.ts";

type Env = SessionsEnv & { SESSION_OBJECT: DurableObjectNamespace; MOOR_CONFIG: string };
type Asker = MoorEnv & { Bindings: Env };

/** The settings of sessions below a first segment, in place of the configuration's settings. */
interface TestConfig extends MiddlewareConfig {
  readonly below?: Readonly<Record<string, HandlingConfig>>;
}

let worker: ExportedHandler<Env> | undefined;
let served = 0;

function createWorker({ below = {}, ...config }: TestConfig): ExportedHandler<Env> {
  const sessions = moor(config);
  const app = new Hono<Asker>();
  for (const [segment, handling] of Object.entries(below)) app.use(`/${segment}/*`, sessions.with(handling));
  // Reads the body before sessions are opened.
  app.use("/read-first/*", async (c, next) => {
    await c.req.text();
    await next();
  });
  app.use(sessions);
  app.onError((fault, c) => c.json({ fault: fault.message }, 500));

  app.get("/socket", (c) => {
    const { 0: client, 1: server } = new WebSocketPair();
    server.accept();
    const { session } = c.var;
    session.set("socket", "open");
    server.addEventListener("message", ({ data }) => server.send(`${data} ${codeOf(() => session.set("late", "1"))}`));
    return new Response(null, { status: 101, webSocket: client });
  });
  app.all("/stream", (c) => {
    ask(c);
    return stream(c, async (out) => {
      await out.write("first ");
      const { session } = c.var;
      const asked = [
        () => session.set("late", "1"),
        () => session.login("late"),
        () => session.end(),
        () => session.rotate(),
      ];
      await out.write(asked.map(codeOf).join(" "));
      await out.write(` basket=${session.get("basket")}`);
    });
  });
  // Reads, waits and writes. Only a lock keeps such requests from losing changes.
  app.post("/:mode/count", async (c) => {
    const count = Number(c.var.session.get("count") ?? 0);
    await new Promise((resolve) => setTimeout(resolve, 30));
    c.var.session.set("count", count + 1);
    return c.text("counted");
  });
  app.get("/own-cookie", (c) => {
    c.header("Set-Cookie", "__Host-moor=stolen; Path=/; Secure", { append: true });
    c.header("Set-Cookie", "own=1; Path=/", { append: true });
    return c.text("set");
  });
  app.get("/forgets", async (c) => {
    c.var.session.set("forgot", "1");
    return undefined as unknown as Response;
  });
  app.all("*", async (c) => {
    served++;
    const body = await c.req.raw.text();
    const delayMs = Number(c.req.query("delayMs") ?? 0);
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
    const hold = c.req.query("hold");
    if (hold !== undefined) await fetch(hold, { method: "POST" });
    const shown = told(c);
    ask(c);
    const status = Number(c.req.query("status") ?? 200);
    return c.json({ ...shown, body }, status as 200);
  });
  return { fetch: app.fetch, scheduled: sessions.sweep };
}

function ask(c: Context<Asker>): void {
  const { session } = c.var;
  const all = (name: string) => new URL(c.req.url).searchParams.getAll(name);
  for (const pair of all("set")) {
    const [name = "", value = ""] = pair.split(":");
    session.set(name, value);
  }
  for (const patch of all("patch")) session.patch(JSON.parse(patch) as AnyAttributes);
  for (const name of all("delete")) session.delete(name);
  for (const flash of all("flash")) {
    for (const [name, value] of Object.entries(JSON.parse(flash) as Record<string, string>))
      session.setFlash(name, value);
  }
  const [login] = all("login");
  if (login !== undefined) session.login(login, { remember: all("remember").length > 0 });
  if (all("rotate").length > 0) session.rotate();
  if (all("end").length > 0) session.end();
  for (const pair of all("header")) {
    const colon = pair.indexOf(":");
    c.header(pair.slice(0, colon), pair.slice(colon + 1), { append: true });
  }
  const [thrown] = all("throw");
  if (thrown === "no error") throw thrown;
  if (thrown !== undefined) throw new Error(thrown);
}

/** The request, and its session as it was before the request changed it. */
function told(c: Context<Asker>) {
  const { raw } = c.req;
  return {
    server: "middleware",
    served,
    method: raw.method,
    url: raw.url.slice(new URL(raw.url).origin.length),
    headers: Object.fromEntries(raw.headers),
    rawHeaders: [...raw.headers].flat(),
    session: c.var.session && claims(c),
  };
}

/** The session in the form that the handoff gives it. */
function claims(c: Context<Asker>) {
  const { id, isNew, version, generation, principal, stale, flash, attributes } = c.var.session;
  return {
    ...(isNew ? { new: true } : { sid: id, data: attributes }),
    ver: version,
    gen: generation,
    ...(principal !== undefined && { sub: principal }),
    ...(stale && { stale }),
    ...(Object.keys(flash).length > 0 && { flash }),
  };
}

function codeOf(asking: () => void): string {
  try {
    asking();
    return "done";
  } catch (fault) {
    return fault instanceof MoorHonoError ? fault.code : String(fault);
  }
}

const atEdge = (env: Env) => {
  worker ??= createWorker(JSON.parse(env.MOOR_CONFIG) as TestConfig);
  return worker;
};

export default {
  fetch: (request, env, context) => atEdge(env).fetch?.(request, overLink(env), context) as Promise<Response>,
  scheduled: (controller, env, context) => atEdge(env).scheduled?.(controller, overLink(env), context),
} satisfies ExportedHandler<Env>;
