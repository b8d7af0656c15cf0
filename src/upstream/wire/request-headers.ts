import type { ForwardedHeaders } from "../../config/pool-types.ts";
import type { AskedHeaders } from "../../inbound/arrival.ts";
import type { ReadHeaders } from "../../lib/asked.ts";
import { TAG_PREFIX, withoutTags } from "../choose/learn.ts";

/** The facts about a request that Moor tells an origin. The client's own copies of these headers are cut out. */
export interface Told {
  /** Cuts out what carriers read. `sent`: the same headers, whose values have been read before. */
  readonly cut: (headers: Headers, sent: ReadHeaders) => void;
  /** The handoff; left out on routes without a session. */
  readonly handoff?: string | undefined;
  /** A question of Moor's own to an old application. Default: the request is its visitor's. */
  readonly question?: string | undefined;
  /** How the session was resolved, when explain is on. */
  readonly explain?: string | undefined;
  /** Which headers tell of the client's request. */
  readonly forwardedHeaders: ForwardedHeaders;
  /** Whether caches on the way are forbidden to serve or to store. */
  readonly forbidsCaches: boolean;
  /** `http` or `https`. */
  readonly protocol: string;
  /** Of the request: only a GET can ask for a WebSocket. */
  readonly method: string;
  /** The `Host` that the client asked for. */
  readonly host: string;
  /** Of that host; "": the port of the protocol. */
  readonly port: string;
  readonly clientIp: string | undefined;
  /** The client's own `Accept-Encoding` ("": it sent none), if Cloudflare has replaced that header. */
  readonly acceptEncoding?: string | undefined;
}

/** Hop-by-hop headers (RFC 9110 section 7.6.1), and headers that a client could use to speak in Moor's name. */
const CUT = [
  "connection",
  "forwarded",
  "host",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "true-client-ip",
  "upgrade",
  "x-real-ip",
];
/** The characters of addresses: nothing that ends a value of `Forwarded`. */
const IP = /^[\da-f.:]+$/i;
const CUT_PREFIX = /^(moor|x-forwarded)-/;
/** A name without the signs that servers may read as `-`, and that is not cut out. */
const PLAIN_NAME = new RegExp(`^(?!moor-|x-forwarded-|(?:${CUT.join("|")})$)[a-z0-9-]+$`);
/** Names that nearly every request has, and that are not cut out. */
const USUAL_NAMES = ["cookie", "user-agent", "cf-connecting-ip"];
/** By the code of a letter: whether names that are cut out begin with it. Most names begin with another letter, and need no further look. */
const BEGINS_CUT = new Uint8Array(128);
for (const name of [...CUT, "content-length", "moor-", "x-forwarded-"]) BEGINS_CUT[name.charCodeAt(0)] = 1;

/**
 * The headers of the request to an origin: the client's headers without the cut ones, and the headers that Moor sets.
 */
export function requestHeaders(client: AskedHeaders, told: Told): Headers {
  // A copy keeps bytes that are no UTF-8, which a value loses on its way through a string.
  const headers = new Headers(client.original);
  const connection = client.get("Connection");
  const nominated = connection === null ? undefined : nominatedBy(connection);
  for (const name of client.names) {
    const mayBeCut = BEGINS_CUT[name.charCodeAt(0)] === 1 && !USUAL_NAMES.includes(name);
    if (name === "host" || (mayBeCut && isCut(name)) || nominated?.includes(name)) headers.delete(name);
  }
  if (nominated && told.method === "GET" && asksForWebSocket(client, nominated)) headers.set("Upgrade", "websocket");
  // A client that nominates its cookies has them cut, and no carrier may write the rest of them back.
  told.cut(headers, nominated?.includes("cookie") ? headers : client);
  if (client.get("Cookie")?.includes(TAG_PREFIX)) cutTags(headers);
  if (told.acceptEncoding) headers.set("Accept-Encoding", told.acceptEncoding);
  else if (told.acceptEncoding === "") headers.delete("Accept-Encoding");
  const { protocol, host, port, clientIp } = told;
  if (told.forwardedHeaders === "all") {
    headers.set("X-Forwarded-Proto", protocol);
    headers.set("X-Forwarded-Host", host);
    headers.set("X-Forwarded-Port", port || (protocol === "https" ? "443" : "80"));
    if (clientIp !== undefined) headers.set("X-Forwarded-For", clientIp);
  }
  // RFC 7239 section 6: IPv6 stands in brackets and quotes.
  const node = clientIp === undefined || !IP.test(clientIp) ? "unknown" : clientIp;
  headers.set("Forwarded", `for=${node.includes(":") ? `"[${node}]"` : node};host="${host}";proto=${protocol}`);
  if (told.handoff !== undefined) headers.set("Moor-Session", told.handoff);
  if (told.forbidsCaches) {
    // A cache on the way stores nothing and serves nothing without asking (RFC 9111 section 5.2.1). The runtime would say `no-cache`,
    // to which Express, Koa and Next.js never answer 304.
    const cacheControl = client.get("Cache-Control") === null ? null : headers.get("Cache-Control");
    if (cacheControl === null || !/\bno-cache\b/i.test(cacheControl))
      headers.set("Cache-Control", "no-store, max-age=0");
  }
  if (told.question !== undefined) headers.set("Moor-Adopt", told.question);
  if (told.explain !== undefined) headers.set("Moor-Explain", told.explain);
  return headers;
}

/** Cuts out of `Cookie` the cookies that tell where a session is. */
function cutTags(headers: Headers): void {
  const cookies = headers.get("Cookie");
  const rest = cookies && withoutTags(cookies);
  if (rest === null) headers.delete("Cookie");
  else if (rest !== cookies) headers.set("Cookie", rest);
}

/** Whether a name is cut out. Servers that hand headers on as variables read every character that is no letter or digit alike. */
function isCut(name: string): boolean {
  if (PLAIN_NAME.test(name)) return false;
  const canonical = name.replace(/[^a-z0-9]/g, "-");
  return canonical === "content-length" || CUT.includes(canonical) || CUT_PREFIX.test(canonical);
}

/** RFC 6455 section 4.1. With `Upgrade` the runtime sends a GET without a body, whatever the method of the request. */
function asksForWebSocket(client: ReadHeaders, nominated: readonly string[]): boolean {
  return nominated.includes("upgrade") && client.get("Upgrade")?.toLowerCase() === "websocket";
}

function nominatedBy(connection: string): string[] {
  return connection.split(",").map((name) => name.trim().toLowerCase());
}
