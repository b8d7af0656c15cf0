import type { ResolvedOrigin, ResolvedPool } from "../../config/resolved.ts";

/** The address that a client has asked for. */
export interface PublicAddress {
  readonly url: URL;
  /** As the client wrote it, with its port. */
  readonly host: string;
}

/** Writes the public address into a response of an origin, in place of the origin's own addresses. */
export type PublicAddresses = (response: Response, asked: PublicAddress) => Response;

/** Headers with one URL each. */
const OF_ONE_URL = ["Location", "Content-Location"];
/** A backslash or userinfo in the authority is left alone: programs disagree which server such a URL names. */
const WITH_AUTHORITY = /^(https?:)?\/\/([^/?#\\@]+)([/?#].*)?$/is;
const REFRESH = /^(\s*\d[\d.]*[\s;,]+(?:url\s*=\s*)?)(["']?)(.*)$/is;
const COOKIE_DOMAIN = /(;\s*domain\s*=\s*)\.?([^;]*)/gi;
const COOKIE_PATH = /(;\s*path\s*=\s*)([^;]*)/gi;

interface Base {
  readonly protocol: string;
  readonly host: string;
  readonly hostname: string;
  readonly port: string;
  /** Without a slash at its end; "": the origin has no base path. */
  readonly path: string;
}

/**
 * Compiles how the responses of an origin name the public address. Every origin of the pool counts: they serve the same
 * application, and clients reach them by the public address alone. URLs that a rewrite has made always name the public
 * host, so no rewrite leads to another site.
 */
export function createPublicAddresses({ origins, host }: ResolvedPool, { url }: ResolvedOrigin): PublicAddresses {
  const bases = origins.map((origin) => baseOf(origin.url));
  const names = new Set(bases.map(({ hostname }) => hostname));
  const own = baseOf(url);
  // With the client's Host, the origin knows itself by that name and its own port.
  const namedHost = (base: Base, { hostname }: URL) =>
    host === "origin" ? base.host : new URL(`${base.protocol}//${hostname}:${base.port}`).host;

  /** The public URL for a URL of an origin; `undefined`: the URL is not an origin's, or is relative. */
  function publicUrl(text: string, { url, host }: PublicAddress): string | undefined {
    // Several headers of a name arrive joined. A single URL of them would be valid, while all of them are not.
    if (text.includes(", ")) return undefined;
    const front = `${url.protocol}//${host}`;
    const [all, scheme = url.protocol, authority = "", rest = "/"] = WITH_AUTHORITY.exec(text) ?? [];
    if (all === undefined) {
      const below = own.path === "" || /^\/[/\\]/.test(text) ? undefined : withoutBase(text, own.path);
      return below && front + below;
    }
    const protocol = scheme.toLowerCase();
    const named = URL.canParse(`${protocol}//${authority}`) && new URL(`${protocol}//${authority}`).host;
    for (const base of bases) {
      // An application that hears of the client's scheme (X-Forwarded-Proto) puts that before its own host.
      const isOwn = named === namedHost(base, url) && (protocol === base.protocol || protocol === url.protocol);
      const below = isOwn ? withoutBase(rest, base.path) : undefined;
      // An origin that insists on https by itself would send the client in a circle.
      const isCircle = protocol !== base.protocol && below === url.pathname + url.search;
      if (below !== undefined && !isCircle) return front + below;
    }
    return undefined;
  }

  function publicCookie(line: string, { url }: PublicAddress): string {
    const named = line.replace(COOKIE_DOMAIN, (all, attribute: string, domain: string) =>
      names.has(domain.trim().toLowerCase()) ? attribute + url.hostname : all,
    );
    if (own.path === "") return named;
    return named.replace(COOKIE_PATH, (all, attribute: string, path: string) => {
      const below = withoutBase(path.trim(), own.path);
      return below === undefined ? all : attribute + below;
    });
  }

  return (response, asked) => {
    const { headers } = response;
    const written: [name: string, value: string][] = [];
    for (const name of OF_ONE_URL) {
      const url = publicUrl(headers.get(name) ?? "", asked);
      if (url !== undefined) written.push([name, url]);
    }
    const [, before = "", quote = "", after = ""] = REFRESH.exec(headers.get("Refresh") ?? "") ?? [];
    const [target = ""] = quote === "" ? [after] : after.split(quote, 1);
    const url = publicUrl(target, asked);
    if (url !== undefined) written.push(["Refresh", before + quote + url + after.slice(target.length)]);
    const cookies = headers.has("Set-Cookie") ? headers.getSetCookie() : [];
    const told = cookies.map((line) => publicCookie(line, asked));
    // Cookies that are written anew lose bytes that are no UTF-8, because the runtime reads values as text.
    const isCookieNew = told.some((line, index) => line !== cookies[index]);
    if (written.length === 0 && !isCookieNew) return response;

    const changed = new Response(response.body, response);
    for (const [name, value] of written) changed.headers.set(name, value);
    if (isCookieNew) changed.headers.delete("Set-Cookie");
    for (const line of isCookieNew ? told : []) changed.headers.append("Set-Cookie", line);
    return changed;
  };
}

function baseOf(text: string): Base {
  const { protocol, host, hostname, port, pathname } = new URL(text);
  return { protocol, host, hostname, port, path: pathname.replace(/\/+$/, "") };
}

/** The path below a base path; `undefined` if it does not lie there, or if its dot segments leave the base path. */
function withoutBase(path: string, base: string): string | undefined {
  const below = path.slice(base.length);
  if (!path.startsWith(base) || !/^(?:[/?#]|$)/.test(below)) return undefined;
  const rest = below.startsWith("/") ? below : `/${below}`;
  if (base === "") return rest;
  const resolved = pathOf(path);
  return (resolved === base ? `${base}/` : resolved) === base + pathOf(rest) ? rest : undefined;
}

function pathOf(path: string): string {
  return new URL(`http://any${path}`).pathname;
}
