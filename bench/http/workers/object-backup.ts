import { DurableObject } from "cloudflare:workers";
import { KEEP } from "../../../src/store/redis/scripts.ts";

interface Env {
  /** Without a slash at its end. */
  readonly ORIGIN: string;
  readonly REDIS_URL: string;
  readonly REDIS_TOKEN: string;
  readonly OBJECT: DurableObjectNamespace<Store>;
}

/** A stored record: a session of the benchmark, without any of Moor's own data. */
const RECORD = { attributes: { a: "v".repeat(512) }, version: 1 };
/** As long as the backup of a session of the benchmark, as JSON. */
const RECORD_TEXT = "t".repeat(1_000);
const ANSWER = { backedUpVersion: 1, journalSeenAt: 1_764_547_200_000, journalEmptyAt: 1_764_547_200_000 };
const DEADLINE_MS = 1_000;

/**
 * The limit of a change with a backup: a pass-through with one write of a Durable Object, which then sends Redis a command as long as
 * Moor's, and reads the answer. Where the query begins with `?rules`, the object also does the rest that Moor's rules ask of a
 * backup: the record is encrypted for its session, a silent Redis is given up at a deadline, and the answer is stored.
 */
export default {
  async fetch(request, env) {
    const { pathname, search } = new URL(request.url);
    const object = env.OBJECT.getByName(search);
    const response = await fetch(env.ORIGIN + pathname + search, request);
    if (request.method === "POST") await object.write(search.startsWith("?rules"));
    return response;
  },
} satisfies ExportedHandler<Env>;

const utf8 = new TextEncoder();

export class Store extends DurableObject<Env> {
  readonly #bare: RequestInit;
  #key: CryptoKey | undefined;

  constructor(context: DurableObjectState, env: Env) {
    super(context, env);
    const headers = new Headers({ Authorization: `Bearer ${env.REDIS_TOKEN}`, "Content-Type": "application/json" });
    const sealed = "s".repeat(Math.ceil((4 / 3) * RECORD_TEXT.length));
    this.#bare = { method: "POST", headers, body: commandWith(sealed) };
  }

  async write(byRules: boolean): Promise<void> {
    this.ctx.storage.kv.put("record", RECORD);
    this.ctx.waitUntil(byRules ? this.#backUp() : this.#post(this.#bare));
  }

  async #post(init: RequestInit): Promise<void> {
    const response = await fetch(this.env.REDIS_URL, init);
    const answer = await response.text();
    if (!answer.includes("kept")) throw new Error(answer);
  }

  async #backUp(): Promise<void> {
    const body = commandWith(await this.#seal(RECORD_TEXT));
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), DEADLINE_MS);
    await this.#post({ ...this.#bare, body, redirect: "manual", signal: limit.signal });
    clearTimeout(timer);
    this.ctx.storage.kv.put("answer", ANSWER);
  }

  async #seal(text: string): Promise<string> {
    const usages: ["encrypt"] = ["encrypt"];
    this.#key ??= await crypto.subtle.importKey("raw", new Uint8Array(32), "AES-GCM", false, usages);
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const cipher = { name: "AES-GCM", iv, additionalData: utf8.encode("backup 1") };
    const sealed = await crypto.subtle.encrypt(cipher, this.#key, utf8.encode(text));
    return new Uint8Array(sealed).toBase64();
  }
}

const HEAD = `["eval",${JSON.stringify(KEEP)},"2","moor:{bench}:r","moor:{bench}:j","1","1","0","1","`;

function commandWith(sealed: string): string {
  return `${HEAD}${sealed}","4102444800000","86400000"]`;
}
