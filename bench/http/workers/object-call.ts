import { DurableObject } from "cloudflare:workers";

interface Env {
  /** Without a slash at its end. */
  readonly ORIGIN: string;
  readonly OBJECT: DurableObjectNamespace<Store>;
}

/** A stored record: a session of the benchmark, without any of Moor's own data. */
const RECORD = { attributes: { a: "v".repeat(512) }, version: 1 };

/**
 * The limit of a strict read: a pass-through that first asks the Durable Object that the query names. By POST it is the
 * limit of a change: the object writes its record afterwards.
 */
export default {
  async fetch(request, env) {
    const { pathname, search } = new URL(request.url);
    const object = env.OBJECT.getByName(search);
    const writes = request.method === "POST";
    if (!writes && (await object.read()).version !== RECORD.version) return new Response(null, { status: 500 });
    const response = await fetch(env.ORIGIN + pathname + search, request);
    if (writes) await object.write();
    return response;
  },
} satisfies ExportedHandler<Env>;

export class Store extends DurableObject<Env> {
  constructor(context: DurableObjectState, env: Env) {
    super(context, env);
    this.ctx.storage.kv.put("record", RECORD);
  }

  async read(): Promise<{ attributes: { a: string }; version: number }> {
    return this.ctx.storage.kv.get("record") as typeof RECORD;
  }

  async write(): Promise<void> {
    this.ctx.storage.kv.put("record", RECORD);
  }
}
