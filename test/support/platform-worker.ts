/** Services around a deployed Worker that plain workerd does not have. */
import { DurableObject, WorkerEntrypoint } from "cloudflare:workers";

interface Env {
  NAMESPACE: DurableObjectNamespace<Namespace>;
  WORKER: { scheduled(options: { scheduledTime: Date; cron: string }): Promise<{ outcome: string }> };
}

const MIN_LIFE_SECONDS = 60;
const FOREVER = 2 ** 50;

/**
 * A KV namespace on disk, for a `kvNamespace` binding: gets, and puts with `expiration` or for ever. Its values are
 * never stale.
 */
export default {
  fetch: (request, env) => env.NAMESPACE.getByName("namespace").fetch(request),
} satisfies ExportedHandler<Env>;

/** How often each key was counted. */
const counted = new Map<string, number>();

/** The rate limiter of `FOUNDING_LIMIT`: it counts as `wrangler.toml` says, in a minute that does not end. */
export class Limiter extends WorkerEntrypoint {
  async limit({ key }: { key: string }): Promise<{ success: boolean }> {
    const count = (counted.get(key) ?? 0) + 1;
    counted.set(key, count);
    return { success: count <= 600 };
  }
}

/** The rate limiter of `SITE_FOUNDING_LIMIT`. No test founds so many sessions. */
export class SiteLimiter extends WorkerEntrypoint {
  async limit(): Promise<{ success: boolean }> {
    return { success: true };
  }
}

export class Namespace extends DurableObject<Env> {
  readonly #sql = this.ctx.storage.sql;
  readonly #operations: string[] = [];
  #isAway = false;

  constructor(context: DurableObjectState, env: Env) {
    super(context, env);
    this.#sql.exec("CREATE TABLE IF NOT EXISTS entries (key TEXT PRIMARY KEY, value BLOB, expiration INTEGER)");
  }

  override async fetch(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const key = keyOf(url);
    const expires = url.searchParams.get("expiration");
    this.#operations.push(`${request.method} ${key}`);
    if (this.#isAway) return new Response(null, { status: 503 });
    if (request.method === "GET" && key !== "") {
      const { value } = this.entry(key);
      return value ? new Response(value) : new Response(null, { status: 404 });
    }
    if (request.method === "PUT" && !url.searchParams.has("expiration_ttl")) {
      return this.#put(key, expires === null ? FOREVER : Number(expires), await request.arrayBuffer());
    }
    return new Response(null, { status: 501 });
  }

  /** The value under a key, and the time until which it is kept, in seconds since 1970. */
  entry(key: string): { value?: ArrayBuffer; expiration?: number } {
    const query = "SELECT value, expiration FROM entries WHERE key = ? AND expiration > ?";
    const [entry] = this.#sql.exec<{ value: ArrayBuffer; expiration: number }>(query, key, Date.now() / 1000);
    return entry ?? {};
  }

  /** The operations of the Worker, in order. */
  operations(): string[] {
    return this.#operations;
  }

  /** Whether every operation fails from now on. */
  setAway(isAway: boolean): void {
    this.#isAway = isAway;
  }

  #put(key: string, expiration: number, value: ArrayBuffer): Response {
    if (expiration < Math.floor(Date.now() / 1000) + MIN_LIFE_SECONDS) {
      // The binding puts this text into the message of its error: "KV PUT failed: 400 Invalid …".
      const life = `Expiration times must be at least ${MIN_LIFE_SECONDS} seconds in the future.`;
      return new Response(null, { status: 400, statusText: `Invalid expiration of ${expiration}. ${life}` });
    }
    this.#sql.exec("INSERT OR REPLACE INTO entries VALUES (?, ?, ?)", key, value, expiration);
    return new Response();
  }
}

/**
 * The view of the namespace for tests, which does not count as an operation. `/` returns the operations, and another
 * path the value of a key. A `PUT` of `away` takes the namespace away, and any other brings it back.
 */
export class Look extends WorkerEntrypoint<Env> {
  override async fetch(request: Request): Promise<Response> {
    const namespace = this.env.NAMESPACE.getByName("namespace");
    if (request.method === "PUT") {
      await namespace.setAway((await request.text()) === "away");
      return new Response();
    }
    const key = keyOf(new URL(request.url));
    if (key === "") return Response.json(await namespace.operations());
    const { value, expiration } = await namespace.entry(key);
    return Response.json(value ? { value: new TextDecoder().decode(value), expiration } : {});
  }
}

function keyOf({ pathname }: URL): string {
  return decodeURIComponent(pathname.slice(1));
}

const points: unknown[] = [];

/** A dataset of Analytics Engine. workerd posts each data point to it, and tests `GET` all points. */
export class Dataset extends WorkerEntrypoint<Env> {
  override async fetch(request: Request): Promise<Response> {
    if (request.method === "GET") return Response.json(points);
    points.push(await request.json());
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
