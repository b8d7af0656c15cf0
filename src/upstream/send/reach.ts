import type { ResolvedOrigin, ResolvedPool } from "../../config/resolved.ts";

/** The channel that requests are sent through: the network, or the Worker behind a service binding. */
export interface Service {
  fetch(url: string, init: RequestInit): Promise<Response>;
}

/**
 * Sends a request to an origin.
 *
 * @param target path and query.
 * @param asked the address that the client asked for.
 */
export type Reach = (target: string, init: RequestInit, asked: Asked) => Promise<Response>;

/** Its host name is asked for only where an origin gets it: the runtime makes a new text each time. */
type Asked = Pick<URL, "hostname">;

/** Stands for the address of a check, which no client has asked for. */
export const NO_CLIENT: Asked = { hostname: "" };

type Reached = Pick<ResolvedOrigin, "id" | "url" | "service">;

/**
 * Compiles how an origin is reached.
 *
 * @param services service bindings by name.
 * @throws TypeError if the origin names a binding that is not there.
 */
export function createReach(
  origin: Reached,
  { host }: Pick<ResolvedPool, "host">,
  services: Readonly<Record<string, unknown>>,
): Reach {
  const reach = reachOf(origin, host, services);
  return new URL(origin.url).pathname === "/" ? reach : (target, init, asked) => reach(target, withPrefix(init), asked);
}

function reachOf(
  { id, url, service }: Reached,
  host: ResolvedPool["host"],
  services: Readonly<Record<string, unknown>>,
): Reach {
  const base = url.replace(/\/+$/, "");
  if (service !== undefined) {
    const binding = services[service];
    if (!isService(binding)) {
      throw new TypeError(
        `origin ${id}: service "${service}" is no service binding; wrangler.toml needs [[services]] with it`,
      );
    }
    return (target, init) => binding.fetch(base + target, init);
  }
  if (host === "origin") return (target, init) => fetch(base + target, init);
  const { protocol, hostname, port, pathname } = new URL(base);
  const behindHost = `${port ? `:${port}` : ""}${pathname.replace(/\/+$/, "")}`;
  // A Host header that is set on a fetch is ignored: the URL's host is the Host, and this says where it is sent.
  const cf = { resolveOverride: hostname };
  return (target, init, { hostname: clientHost }) => {
    const elsewhere = { ...init, cf };
    return fetch(`${protocol}//${clientHost}${behindHost}${target}`, elsewhere);
  };
}

/** Tells an origin with a base path that the public path `/` stands for that base path. */
function withPrefix(init: RequestInit): RequestInit {
  const headers = new Headers(init.headers);
  headers.set("X-Forwarded-Prefix", "/");
  return { ...init, headers };
}

function isService(binding: unknown): binding is Service {
  return typeof binding === "object" && binding !== null && "fetch" in binding;
}
