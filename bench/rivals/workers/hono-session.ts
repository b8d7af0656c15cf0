import { DurableObject } from "cloudflare:workers";
import { type SessionEnv, useSession, useSessionStorage } from "@hono/session";
import { type Context, Hono } from "hono";
import { proxy } from "hono/proxy";
import { watchedKv, watchedObjects } from "./watched-stores.ts";

export { Link } from "./watched-stores.ts";

type Data = { readonly items: Record<string, string> };

interface Bindings {
  readonly AUTH_SECRET: string;
  /** JSON: URLs without a slash at their ends. */
  readonly ORIGINS: string;
  /** The sessions are here, or else in objects. */
  readonly SESSION_KV?: KVNamespace;
  readonly SESSION_OBJECT: DurableObjectNamespace<SessionObject>;
}

type AppEnv = Omit<SessionEnv<Data>, "Bindings"> & { Bindings: Bindings };
type AppContext = Context<AppEnv>;

const LIFE_SECONDS = 12 * 3_600;

/** A session in an object of its own: the least that the middleware's storage asks for, and an alarm to clear it up. */
export class SessionObject extends DurableObject {
  read(): Data | null {
    return this.ctx.storage.kv.get<Data>("data") ?? null;
  }

  async write(data: Data): Promise<void> {
    this.ctx.storage.kv.put("data", data);
    if ((await this.ctx.storage.getAlarm()) === null) await this.ctx.storage.setAlarm(Date.now() + LIFE_SECONDS * 1000);
  }

  async clear(): Promise<void> {
    await this.ctx.storage.deleteAlarm();
    await this.ctx.storage.deleteAll();
  }

  override alarm(): Promise<void> {
    return this.clear();
  }
}

/** As in the middleware's own example for KV: it does not wait for its writes. */
function kvStorage(kv: KVNamespace, { executionCtx }: AppContext) {
  const expiration = () => Math.floor(Date.now() / 1000) + LIFE_SECONDS;
  return {
    get: (id: string) => kv.get<Data>(id, "json"),
    set: (id: string, data: Data) =>
      executionCtx.waitUntil(kv.put(id, JSON.stringify(data), { expiration: expiration() })),
    delete: (id: string) => executionCtx.waitUntil(kv.delete(id)),
  };
}

function objectStorage(objects: DurableObjectNamespace<SessionObject>, { executionCtx }: AppContext) {
  return {
    get: async (id: string): Promise<Data | null> => objects.getByName(id).read(),
    set: (id: string, data: Data) => executionCtx.waitUntil(objects.getByName(id).write(data)),
    delete: (id: string) => executionCtx.waitUntil(objects.getByName(id).clear()),
  };
}

let stores: { readonly kv?: KVNamespace; readonly objects: Bindings["SESSION_OBJECT"] } | undefined;

const app = new Hono<AppEnv>();
app.use(
  useSessionStorage<Data, AppEnv>((context) => {
    const { SESSION_KV, SESSION_OBJECT } = context.env;
    stores ??= {
      ...(SESSION_KV && { kv: watchedKv(SESSION_KV) }),
      objects: watchedObjects(SESSION_OBJECT),
    };
    return stores.kv ? kvStorage(stores.kv, context) : objectStorage(stores.objects, context);
  }),
  useSession<Data>({ duration: { absolute: LIFE_SECONDS } }),
);

app.get("/", async (context) => forward(context, await context.var.session.get()));

app.post("/items/:name/:value", async (context) => {
  const { name, value } = context.req.param();
  const { session } = context.var;
  const response = await forward(context, await session.get());
  if (response.ok) await session.update((data) => ({ items: { ...data?.items, [name]: value } }));
  return response;
});

/**
 * To any of the origins, because each can serve every visitor; to the others if it cannot be reached, whatever the
 * method.
 */
async function forward({ req, env }: AppContext, data: Data | null): Promise<Response> {
  const origins = JSON.parse(env.ORIGINS) as string[];
  const { pathname, search } = new URL(req.url);
  const headers = { ...req.header(), "X-Session": JSON.stringify(data?.items ?? {}) };
  const first = Math.floor(Math.random() * origins.length);
  let cause: unknown;
  for (let next = 0; next < origins.length; next++) {
    const origin = origins[(first + next) % origins.length];
    try {
      return await proxy(`${origin}${pathname}${search}`, { method: req.method, headers });
    } catch (fault) {
      cause = fault;
    }
  }
  throw new Error("no origin can be reached", { cause });
}

export default app;
