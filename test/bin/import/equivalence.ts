import { request } from "node:http";
import fc from "fast-check";
import type { Draft } from "../../../bin/import/draft.ts";
import { readConfig } from "../../../src/config/read.ts";
import { formatMistakes } from "../../../src/settings/mistakes.ts";
import { createRoutes } from "../../../src/upstream/routes.ts";

/** A request that is sent to the balancer and to Moor's routes. */
export interface Asked {
  readonly host: string;
  readonly path: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** The servers that may get a request, by the address in the file. Empty: no server gets it. */
export type Answer = readonly string[];

/** The servers to which an imported configuration sends a request. The first origin stands for its pool. */
export function moorAnswer(draft: Draft): (asked: Asked) => Answer {
  const read = readConfig({ pools: draft.pools, ...(draft.routes.length > 0 && { routes: draft.routes }) });
  if (read.kind === "invalid") throw new Error(formatMistakes(read.mistakes));
  const { pools, routes } = read.config;
  const compiled = createRoutes(routes);
  return ({ host, path, method, headers }) => {
    const route = compiled.match({ host, pathname: path, method, headers: new Headers(headers) });
    return (route?.pool ?? []).map(({ id }) => addressOf(pools.find((pool) => pool.id === id)?.origins[0]?.url ?? ""));
  };
}

/** Host and port of a URL, with the port that the scheme implies. */
export function addressOf(url: string): string {
  const { hostname, port, protocol } = new URL(url);
  return `${hostname}:${port || (protocol === "https:" ? 443 : 80)}`;
}

/** Asks a balancer on loopback. Origins answer 200 with their address; every other status is the balancer's own. */
export function balancerAnswer(port: number): (asked: Asked) => Promise<Answer> {
  return async function ask(asked): Promise<Answer> {
    const { status, location, text } = await exchange(port, asked);
    // nginx redirects `/api` to `/api/` if only that is a location; the servers are those of the location.
    const isSlash = status === 301 && location?.endsWith(`${asked.path}/`);
    if (isSlash) return ask({ ...asked, path: `${asked.path}/` });
    return status === 200 && text !== "" ? [text] : [];
  };
}

function exchange(port: number, { host, path, method, headers }: Asked) {
  return new Promise<{ status: number | undefined; location: string | undefined; text: string }>((resolve, reject) => {
    request(
      { host: "127.0.0.1", port, path, method, headers: { ...headers, Host: host }, agent: false },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
        const { statusCode: status, headers: given } = response;
        response.on("end", () => resolve({ status, location: given.location, text: status === 200 ? text : "" }));
      },
    )
      .on("error", reject)
      .end();
  });
}

/** Requests with the hosts and paths of a configuration, and with hosts and paths near to them. */
export function requestsNear(text: string): fc.Arbitrary<Asked> {
  const hosts = [...text.matchAll(/[*.]?[\w.-]*\w\.test\b/g)].map(([name]) => name.replace(/^\*?\./, "any."));
  const paths = [...text.matchAll(/(?<![\w:/.])\/[\w./-]*/g)].map(([path]) => path.replace(/\/+/g, "/"));
  const endings = ["", "/", "x", "-x", "/x", "/x/y.php", ".png", "/inner/x"];
  const path = fc
    .tuple(fc.constantFrom("/", ...new Set(paths)), fc.constantFrom(...endings))
    .map(([begin, end]) => new URL((begin + end).replace(/\/+/g, "/"), "http://any").pathname);
  return fc.record({
    host: fc.constantFrom(
      "unknown.test",
      "shard7.test",
      "a.b.unknown.test",
      ...new Set(hosts),
      ...hosts.map((host) => `x.${host}`),
    ),
    path,
    method: fc.constantFrom("GET", "GET", "POST"),
    headers: fc.constantFrom({}, {}, { "X-Canary": "always" }, { "X-Canary": "never" }),
  });
}

/** Whether a note tells that requests like this one may go elsewhere: it names the location of the path, or the host. */
export function isTold(draft: Draft, { host, path }: Asked): boolean {
  return draft.notes.some(({ text }) => {
    // A rule that takes nothing excuses no difference. A text prefix excuses only the paths that go on without a slash.
    if (text.includes("takes no request here")) return false;
    const longer = /as in (\S+)-x; Moor/.exec(text)?.[1];
    if (longer !== undefined) return path.startsWith(longer) && !/^(?:\/|$)/.test(path.slice(longer.length));
    const [, sign = "", wanted = ""] =
      /^(?:proxy_pass \S+ puts \S+ in place of|location) (=|~\*|~|\^~)? ?(\S+)/.exec(text) ?? [];
    if (sign.startsWith("~")) return new RegExp(wanted, sign === "~*" ? "i" : "").test(path);
    if (wanted !== "") return sign === "=" ? path === wanted : path.startsWith(wanted);
    const [, kind, value = ""] =
      /no route can tell the requests of "(path_end|hdr_beg\(host\))(?: -i)? (\S+)"/.exec(text) ?? [];
    if (kind !== undefined) return kind === "path_end" ? path.endsWith(value) : host.startsWith(value);
    const label = /: \*(\S+) takes one label/.exec(text)?.[1];
    if (label !== undefined) return host.endsWith(label) && host.slice(0, -label.length).includes(".");
    const expression = /requests of PathRegexp\(`(\S+)`\)/.exec(text)?.[1];
    if (expression !== undefined) return new RegExp(expression).test(path);
    if (/-i is not carried over/.test(text)) return /^\/admin/i.test(path);
    if (/has no default_backend/.test(text)) return path.startsWith("/closed/");
    const rewritten = /^rewrite (\S+)/.exec(text)?.[1];
    if (rewritten !== undefined) return new RegExp(rewritten).test(path);
    const [, pattern] = /^(?:server_name|map \$host: no route can tell the requests of) ~?(\S+?),? /.exec(text) ?? [];
    return pattern !== undefined && new RegExp(pattern).test(host);
  });
}
