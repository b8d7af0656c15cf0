import { DurableObject } from "cloudflare:workers";
import { type SessionEnv, useSession, useSessionStorage } from "@hono/session";
import { type Context, Hono } from "hono";
import { forward, type Origins } from "./forward.ts";
import { watchedKv, watchedObjects } from "./watched-stores.ts";

export { Link } from "./watched-stores.ts";

type Data = { readonly items: Record<string, string> };

interface Bindings extends Origins {
  readonly AUTH_SECRET: string;
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

app.get("/", async ({ req, env, var: { session } }) => forward(req, env, (await session.get())?.items));

app.post("/items/:name/:value", async ({ req, env, var: { session } }) => {
  const { name, value } = req.param();
  const response = await forward(req, env, (await session.get())?.items);
  if (response.ok) await session.update((data) => ({ items: { ...data?.items, [name]: value } }));
  return response;
});

export default app;
