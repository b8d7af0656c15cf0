/** Where a request goes. */
export type Address =
  /** `url` is parsed once: its normalised path is both routed and sent. */
  | { kind: "address"; url: URL; host: string; secure: boolean }
  | { kind: "malformed" }
  /** Plain http to a host that is not loopback; `location` is the same on https. */
  | { kind: "insecure"; location: string };

const HOST = /^[A-Za-z0-9.:[\]-]+$/;
/** Workers get the URL as it was sent: `Host: a@evil`, `Host: a/../b` and the target `*` arrive within it. */
const RAW_URL = /^https?:\/\/([A-Za-z0-9.:[\]-]+)\//;
const LOOPBACK = /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Reads a request's address. */
export function readAddress(request: Request): Address {
  const host = RAW_URL.exec(request.url)?.[1];
  const asked = request.headers.get("Host");
  if (host === undefined || (asked !== null && !HOST.test(asked))) return { kind: "malformed" };
  if (!URL.canParse(request.url)) return { kind: "malformed" };
  const url = new URL(request.url);
  const secure = url.protocol === "https:";
  if (!secure && !LOOPBACK.test(url.hostname)) {
    return { kind: "insecure", location: `https://${host}${url.pathname}${url.search}` };
  }
  return { kind: "address", url, host, secure };
}
