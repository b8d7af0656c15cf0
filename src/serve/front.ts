import { failureResponse } from "../errors.ts";
import { createClientAddress } from "../inbound/client-address.ts";
import { isWithin, type Network, parseNetwork } from "../lib/ip-address.ts";
import type { Log } from "../log.ts";
import { BODILESS_METHODS, isBodyUnsendable } from "../upstream/send/body.ts";
import { isPlatformHeader } from "./client-headers.ts";
import { CDN_LOOP, type LoopMarks, loopedBy, marksToPassOn } from "./loops.ts";
import { peerOf } from "./peer.ts";
import { targetOf } from "./target.ts";

/** The settings of the front. */
export interface FrontSettings {
  /** Addresses and CIDR blocks of the proxies that end TLS. Only they may tell the scheme, the host and the client. */
  readonly trustedProxies: readonly string[];
  /** The hosts that are served, each with its port if that is not 443. `*.` at the beginning stands for one or more labels. */
  readonly hosts: readonly string[];
  readonly loops: LoopMarks;
}

/** A request about which every fact is known for certain, or the answer to one that is refused. */
export type Vouched =
  | { readonly kind: "request"; readonly request: Request }
  | { readonly kind: "answer"; readonly answer: Response };

/** The largest body of a declared length: as much as Cloudflare lets through on its free plan. */
const MAX_BODY_BYTES = 100 * 1024 * 1024;
/** All names and values of a request's headers together. */
export const MAX_HEADER_BYTES = 32 * 1024;
/** A host name or an address, and its port. There is no URL with anything else, as with `a:b.shop.test`. */
const HOST = /^(?:\[[\dA-Fa-f:.]+\]|[\w.-]+)(?::\d{1,5})?$/;

/**
 * Stands where Cloudflare stands in front of a Worker, and makes of a request what Cloudflare would make of it: an https URL with the host
 * that the visitor asked for, and the visitor's address in `CF-Connecting-IP`. It believes the socket, and proxies that the configuration
 * trusts. Whatever else a request says about its client is cut out.
 */
export function createFront({ trustedProxies, hosts, loops }: FrontSettings, log: Log): (request: Request) => Vouched {
  const networks = trustedProxies.map((text) => parseNetwork(text) as Network);
  const readClient = createClientAddress(trustedProxies);
  const isServed = hostCheck(hosts);

  function refuse(
    request: Request,
    code: "bad_request" | "no_route" | "method_not_supported",
    reason: string,
  ): Vouched {
    log({ event: "request_refused", code, reason });
    return { kind: "answer", answer: failureResponse(code, request) };
  }

  return (request) => {
    const peer = peerOf(request.cf);
    if (peer === undefined) return refuse(request, "bad_request", "the address of the client is not known");
    const { headers } = request;
    if (bytesOf(headers) > MAX_HEADER_BYTES)
      return { kind: "answer", answer: refusal(431, "The headers are too large") };
    const loop = headers.get(CDN_LOOP);
    const origin = loopedBy(loops, loop);
    if (origin) {
      log({ event: "loop_detected", ...origin, reason: "the address of the origin leads back to this site" });
      return { kind: "answer", answer: refusal(508, "This request has come back to where it was sent from") };
    }
    const isProxy = networks.some((network) => isWithin(peer, network));
    const named = headers.get("Host") ?? "";
    const forwarded = isProxy ? headers.get("X-Forwarded-Host") : null;
    // A proxy that keeps Host passes on a client's X-Forwarded-Host, which must not lead around the rules of that proxy for each host.
    const host = forwarded === null || isServed(named) ? named : forwarded;
    if (!HOST.test(host)) return refuse(request, "bad_request", "malformed host");
    if (!isServed(host)) return refuse(request, "no_route", "a host that is not served");
    if (forwarded !== null && forwarded !== host)
      return refuse(request, "bad_request", `the trusted proxy ${peer} sends another X-Forwarded-Host than Host`);
    const target = targetOf(request.url);
    if (target === undefined) return refuse(request, "bad_request", "malformed address");
    const scheme = isProxy ? headers.get("X-Forwarded-Proto") : "http";
    if (scheme === "http") return { kind: "answer", answer: Response.redirect(`https://${host}${target}`, 308) };
    if (scheme !== "https") {
      const found = scheme === null ? "no X-Forwarded-Proto" : "an X-Forwarded-Proto that is neither http nor https";
      return refuse(request, "bad_request", `the trusted proxy ${peer} sends ${found}`);
    }
    if (Number(headers.get("Content-Length") ?? 0) > MAX_BODY_BYTES)
      return { kind: "answer", answer: refusal(413, "The body is too large") };

    // A Worker can make no such request. workerd answers CONNECT, and methods that it does not know, by itself.
    if (request.method === "TRACE") return refuse(request, "method_not_supported", request.method);
    if (isBodyUnsendable(request)) return refuse(request, "bad_request", `${request.method} with a body`);

    const told = new Headers(headers);
    for (const name of headers.keys()) if (isPlatformHeader(name)) told.delete(name);
    const marks = marksToPassOn(loop);
    if (marks !== undefined) told.set(CDN_LOOP, marks);
    const peerAndChain = (name: string) => (name === "CF-Connecting-IP" ? peer : headers.get(name));
    const client = readClient?.({ get: peerAndChain, has: (name) => peerAndChain(name) !== null }) ?? peer;
    told.set("CF-Connecting-IP", client);
    told.delete("X-Forwarded-For");
    told.set("Host", host);
    // A body of no declared length is not counted here: a stream of ours around it would pass on one that breaks off as if it were whole.
    const sent = BODILESS_METHODS.has(request.method) ? null : request.body;
    const vouched = new Request(`https://${host}${target}`, { method: request.method, headers: told, body: sent });
    return { kind: "request", request: vouched };
  };
}

/** The answer to a request that is larger than Moor takes, or that goes in a circle. */
function refusal(status: 413 | 431 | 508, title: string): Response {
  const headers = { "Content-Type": "application/problem+json", "Cache-Control": "no-store" };
  return new Response(JSON.stringify({ type: "about:blank", title, status }), { status, headers });
}

function bytesOf(headers: Headers): number {
  let bytes = 0;
  for (const [name, value] of headers) bytes += name.length + value.length;
  return bytes;
}

function hostCheck(hosts: readonly string[]): (host: string) => boolean {
  const exact = new Set(hosts.filter((host) => !host.startsWith("*.")));
  const zones = hosts.filter((host) => host.startsWith("*.")).map((host) => host.slice(1));
  return (given) => {
    const host = given.toLowerCase().replace(/:443$/, "");
    return exact.has(host) || zones.some((zone) => host.length > zone.length && host.endsWith(zone));
  };
}
