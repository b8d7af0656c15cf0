/** What stands around a Worker where it is deployed and plain workerd does not have. */
import { DurableObject, WorkerEntrypoint } from "cloudflare:workers";

interface Env {
  NAMESPACE: DurableObjectNamespace<Namespace>;
  WORKER: { scheduled(options: { scheduledTime: Date; cron: string }): Promise<{ outcome: string }> };
}

const MIN_LIFE_SECONDS = 60;

/** A KV namespace as a `kvNamespace` binding asks for it, on disk: gets, and puts with `expiration`. Nothing in it is stale. */
export default {
  fetch: (request, env) => env.NAMESPACE.getByName("namespace").fetch(request),
} satisfies ExportedHandler<Env>;

export class Namespace extends DurableObject<Env> {
  readonly #sql = this.ctx.storage.sql;

  constructor(context: DurableObjectState, env: Env) {
    super(context, env);
    this.#sql.exec("CREATE TABLE IF NOT EXISTS entries (key TEXT PRIMARY KEY, value BLOB, expiration INTEGER)");
  }

  override async fetch(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const key = decodeURIComponent(url.pathname.slice(1));
    if (request.method === "GET" && key !== "") return this.#get(key);
    const expiration = Number(url.searchParams.get("expiration"));
    if (request.method === "PUT" && expiration > 0) return this.#put(key, expiration, await request.arrayBuffer());
    return new Response(null, { status: 501 });
  }

  #get(key: string): Response {
    const query = "SELECT value FROM entries WHERE key = ? AND expiration > ?";
    const [entry] = this.#sql.exec<{ value: ArrayBuffer }>(query, key, Date.now() / 1000);
    return entry ? new Response(entry.value) : new Response(null, { status: 404 });
  }

  #put(key: string, expiration: number, value: ArrayBuffer): Response {
    if (expiration < Math.floor(Date.now() / 1000) + MIN_LIFE_SECONDS) {
      // The binding makes the message of its error of it: "KV PUT failed: 400 Invalid …".
      const life = `Expiration times must be at least ${MIN_LIFE_SECONDS} seconds in the future.`;
      return new Response(null, { status: 400, statusText: `Invalid expiration of ${expiration}. ${life}` });
    }
    this.#sql.exec("INSERT OR REPLACE INTO entries VALUES (?, ?, ?)", key, value, expiration);
    return new Response();
  }
}

/** A cron trigger that fires when it is asked; answers when the Worker's handler has ended, with its outcome. */
export class Cron extends WorkerEntrypoint<Env> {
  override async fetch(): Promise<Response> {
    const { outcome } = await this.env.WORKER.scheduled({ scheduledTime: new Date(), cron: "* * * * *" });
    return new Response(outcome, { status: outcome === "ok" ? 200 : 500 });
  }
}
