import type { AskedParts } from "../lib/asked.ts";

/** Where a request goes. */
export type Address =
  /** `url` is parsed once: its normalised path is both routed and sent. */
  | { kind: "address"; url: URL; host: string; secure: boolean }
  | { kind: "malformed" }
  /** Plain http to a host that is not loopback; `location` is the same on https. */
  | { kind: "insecure"; location: string };

/**
 * Names with `_` are not host names of RFC 952, but they are in use: DNS, browsers and wildcard certificates accept
 * them.
 */
const HOST = /^[A-Za-z0-9._:[\]-]+$/;
/** Workers get the URL as it was sent: `Host: a@evil`, `Host: a/../b` and the target `*` arrive within it. */
const RAW_URL = /^https?:\/\/([A-Za-z0-9._:[\]-]+)\//;
const LOOPBACK = /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** `fetch` takes 65,519 bytes, the origin's own part among them. */
const MAX_URL_BYTES = 63 * 1024;

/** Reads a request's address. */
export function readAddress(request: AskedParts): Address {
  const target = request.url;
  const host = RAW_URL.exec(target)?.[1];
  const asked = request.headers.get("Host");
  if (host === undefined || (asked !== null && asked !== host && !HOST.test(asked))) return { kind: "malformed" };
  let url: URL;
  // Costs half of `URL.parse` in workerd.
  try {
    url = new URL(target);
  } catch {
    return { kind: "malformed" };
  }
  // A character is at most three bytes, and each of them at most three characters as an escape: a short address needs no look.
  if (target.length > MAX_URL_BYTES / 9 && url.href.length > MAX_URL_BYTES) return { kind: "malformed" };
  const secure = target.startsWith("https:");
  if (!secure && !LOOPBACK.test(url.hostname)) {
    return { kind: "insecure", location: `https://${host}${url.pathname}${url.search}` };
  }
  return { kind: "address", url, host, secure };
}
