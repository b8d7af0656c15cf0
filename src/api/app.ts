import type { KeyRing } from "../inbound/token/key-ring.ts";
import { leftOut } from "../lib/build-flags.ts";
import type { Log } from "../log.ts";
import type { Counters } from "../observe/counters.ts";
import type { Visitor } from "../request/visitor.ts";
import type { Breaker } from "../store/breaker.ts";
import type { Copies, Memory, Unattended } from "../store/contracts.ts";
import type { Fallback } from "../store/fallback-contract.ts";
import type { Principals } from "../store/principal-contracts.ts";
import type { Pools } from "../upstream/live/pool-contracts.ts";
import type { Api } from "./api.ts";
import { createOperators, type OperatorsParts } from "./operators/operators.ts";
import type { SessionApiParts } from "./origins/bearer.ts";
import { createSessionApi } from "./origins/session-api.ts";
import { createSessionsApi } from "./origins/sessions-api.ts";
import { noRoute } from "./problem.ts";

/** The parts of the APIs under `/.moor/`. */
export interface AdminParts extends SessionApiParts {
  /** Needed if the configuration has `principals` or `admin`. */
  readonly unattended?: Unattended | undefined;
  /** Needed if the configuration has `principals`. */
  readonly principals?: Principals | undefined;
  /** Default: pools stay as they are configured. */
  readonly pools?: Pools | undefined;
  readonly adminToken?: string | undefined;
  /** The secret of operators who only look. Default: there are none. */
  readonly viewerToken?: string | undefined;
  /** Signs the cookies of the console. Needed if the configuration has `admin.console`. */
  readonly tokenRing?: KeyRing | undefined;
  /** The copies of sessions, which the console shows. */
  readonly memory: Memory;
  readonly replicas?: Copies | undefined;
  readonly fallback?: Fallback | undefined;
  /** See `OperatorsParts`. */
  readonly openSince?: OperatorsParts["openSince"];
  readonly issuer?: string | undefined;
  /** Shown to operators. Default: none. */
  readonly breakers?: readonly Breaker[];
  /** Shown to operators. Default: no counters. */
  readonly counters?: Counters | undefined;
}

/** Answers all requests under `/.moor/`. */
export interface Admin {
  /**
   * @param log names the request in each line.
   * @param visitor needed if the configuration has `admin.console`.
   */
  fetch(request: Request, log: Log, visitor?: Visitor): Promise<Response>;
}

const KEY_SET_HEADERS = { "Cache-Control": "public, max-age=300" };

/**
 * All paths under `/.moor/`. Requests of origins are answered without hono, so that a build without operators does not include
 * hono.
 *
 * @throws TypeError if the configuration needs a part that is missing.
 */
export function createAdmin(parts: AdminParts): Admin {
  const { config, handoff } = parts;
  const principals = config.principals && required(parts.principals, "principals");
  const session = createSessionApi(parts);
  const sessions =
    principals && createSessionsApi({ ...parts, sessions: required(parts.unattended, "principals"), principals });
  const operators = config.admin && operatorsOf({ config: config.admin, principals }, parts);

  const keySet: Api = ({ method }, { pathname }) => {
    const isRead = method === "GET" || method === "HEAD";
    return isRead && pathname === "/.moor/jwks.json" ? publicKeys() : undefined;
  };

  async function publicKeys(): Promise<Response> {
    return Response.json(await handoff.keySet(), { headers: KEY_SET_HEADERS });
  }

  return {
    async fetch(request, log, visitor) {
      const url = new URL(request.url);
      const forOrigins = keySet(request, url, log) ?? session(request, url, log) ?? sessions?.(request, url, log);
      const response = (await (forOrigins ?? operators?.fetch(request, { log, visitor }))) ?? noRoute(request, log);
      return request.method === "HEAD" ? new Response(null, response) : response;
    },
  };
}

function operatorsOf(
  { config, principals }: Pick<OperatorsParts, "config" | "principals">,
  parts: AdminParts,
): ReturnType<typeof createOperators> {
  return typeof MOOR_OPERATORS === "undefined" || MOOR_OPERATORS
    ? createOperators({
        ...parts,
        config,
        token: parts.adminToken,
        sessions: required(parts.unattended, "admin"),
        principals,
        live: { config: parts.config, pools: parts.pools },
        counters: parts.counters,
        site: parts.config,
        tokenRing: parts.tokenRing,
        stores: {
          authority: parts.authority.name,
          memory: parts.memory,
          replicas: parts.replicas,
          fallback: parts.fallback,
        },
        openSince: parts.openSince,
        issuer: parts.issuer,
        breakers: parts.breakers ?? [],
      })
    : leftOut("MOOR_OPERATORS", "admin is configured");
}

function required<T>(part: T | undefined, setting: string): T {
  if (part === undefined) throw new TypeError(`${setting} is configured, and Moor was not given what that takes`);
  return part;
}
