import { DurableObject } from "cloudflare:workers";
import { withinDeadline } from "../../../src/lib/deadline.ts";
import { DEADLINE_MS, HANDOFF, headersByRules } from "./by-rules.ts";

interface Env {
  /** Without a slash at its end. */
  readonly ORIGIN: string;
  readonly OBJECT: DurableObjectNamespace<Store>;
}

/** A stored record: a session of the benchmark, without any of Moor's own data. */
const RECORD = { attributes: { a: "v".repeat(512) }, version: 1 };
const OBJECT_DEADLINE_MS = 1_000;
const ES256 = { name: "ECDSA", hash: "SHA-256" } as const;
const BASE64URL = { alphabet: "base64url", omitPadding: true } as const;
const utf8 = new TextEncoder();

/** The ids of objects, because the runtime makes an id of a name by two MACs. */
const ids = new Map<string, DurableObjectId>();
let keys: { readonly mac: CryptoKey; readonly handoff: CryptoKey } | undefined;

/**
 * The limits of a first visit, a strict read and a change: the work that Moor's rules ask of them, without Moor. It does what `rules.ts`
 * does, and looks at the names of all headers, because only they tell that a client speaks in Moor's name, or that an origin asks for a
 * change. The query names the session's object, and begins with the kind of the request.
 *
 * - `?first`: the visitor gets a token: a random key, the session's id as its digest, a MAC, and a cookie.
 * - `?strict`: the session's object is asked first. Its record crosses as text.
 * - `?change`: the object merges the patch of the response into its record. The handoff of the new version is signed, and the visitor gets a
 *   new token.
 */
export default {
  async fetch(request, env) {
    keys ??= await makeKeys();
    const { pathname, search, host } = new URL(request.url);
    const isFirst = search.startsWith("?first");
    const isForged = namesIn(request.headers).some((name) => name.startsWith("moor-"));
    if (isForged) return new Response(null, { status: 400 });
    if (isFirst) await digestOfKey();
    const object = isFirst ? undefined : objectOf(search, env);
    if (object && search.startsWith("?strict")) {
      const record = JSON.parse(await withinDeadline(object.read(), OBJECT_DEADLINE_MS)) as typeof RECORD;
      if (record.version !== RECORD.version) return new Response(null, { status: 500 });
    }

    const headers = headersByRules(request.headers, host, HANDOFF);
    const init: RequestInit = { method: request.method, headers, redirect: "manual", cache: "no-store" };
    const response = await withinDeadline(fetch(env.ORIGIN + pathname + search, init), DEADLINE_MS);
    const names = namesIn(response.headers);
    const changed = new Response(response.body, response);
    if (object && search.startsWith("?change")) {
      if (!names.includes("moor-patch")) return new Response(null, { status: 500 });
      const change = JSON.stringify({ patch: JSON.parse(response.headers.get("Moor-Patch") ?? "{}"), id: search });
      const record = await withinDeadline(object.change(change), OBJECT_DEADLINE_MS);
      await signed(JSON.parse(record) as object, keys.handoff);
      changed.headers.delete("Moor-Patch");
    }
    if (isFirst || search.startsWith("?change")) changed.headers.append("Set-Cookie", await cookie(keys.mac));
    if (!names.includes("cache-control")) changed.headers.set("Cache-Control", "private");
    return changed;
  },
} satisfies ExportedHandler<Env>;

export class Store extends DurableObject<Env> {
  constructor(context: DurableObjectState, env: Env) {
    super(context, env);
    this.ctx.storage.kv.put("record", RECORD);
  }

  async read(): Promise<string> {
    return JSON.stringify(this.ctx.storage.kv.get("record"));
  }

  async change(text: string): Promise<string> {
    const { patch } = JSON.parse(text) as { patch: object };
    const record = { ...RECORD, attributes: { ...RECORD.attributes, ...patch } };
    this.ctx.storage.kv.put("record", record);
    return JSON.stringify(record);
  }
}

async function makeKeys() {
  const hmac = { name: "HMAC", hash: "SHA-256" };
  const mac = await crypto.subtle.importKey("raw", new Uint8Array(32), hmac, false, ["sign"]);
  const curve = { name: "ECDSA", namedCurve: "P-256" };
  const pair = (await crypto.subtle.generateKey(curve, false, ["sign", "verify"])) as CryptoKeyPair;
  return { mac, handoff: pair.privateKey };
}

function namesIn(headers: Headers): string[] {
  return [...headers.keys()];
}

function objectOf(search: string, { OBJECT }: Env): DurableObjectStub<Store> {
  const id = ids.get(search) ?? OBJECT.idFromName(search);
  ids.set(search, id);
  return OBJECT.get(id);
}

async function digestOfKey(): Promise<string> {
  const key = crypto.getRandomValues(new Uint8Array(16));
  return new Uint8Array(await crypto.subtle.digest("SHA-256", key)).toBase64(BASE64URL);
}

/** Signs a handoff that holds a record. */
async function signed(record: object, key: CryptoKey): Promise<string> {
  const input = utf8.encode(`header.${utf8.encode(JSON.stringify(record)).toBase64(BASE64URL)}`);
  return new Uint8Array(await crypto.subtle.sign(ES256, key, input)).toBase64(BASE64URL);
}

/** A cookie with a token, as long as Moor's. */
async function cookie(key: CryptoKey): Promise<string> {
  const body = new Uint8Array(47);
  const mac = new Uint8Array(await crypto.subtle.sign("HMAC", key, body), 0, 16);
  const token = `${body.toBase64(BASE64URL)}${mac.toBase64(BASE64URL)}`;
  return `__Host-moor=${token}; Max-Age=43200; Path=/; HttpOnly; Secure; SameSite=Lax`;
}
