import type { Context } from "hono";
import type { ResolvedConfig } from "../../config/resolved.ts";
import type { KeyRing } from "../../inbound/token/key-ring.ts";
import type { Breaker } from "../../store/breaker.ts";
import type { Unattended } from "../../store/contracts.ts";
import type { Principals } from "../../store/principal-contracts.ts";
import type { Pools } from "../../upstream/live/pool-contracts.ts";
import type { AdminAccess, OperatorEnv } from "../operators/access.ts";
import { layout, type Page } from "./layout.ts";
import type { Operator } from "./operator.ts";
import type { SessionStores } from "./session-copies.ts";

/** The parts of the console. */
export interface ConsoleParts {
  readonly config: ResolvedConfig & { readonly admin: NonNullable<ResolvedConfig["admin"]> };
  readonly access: AdminAccess;
  /** The secret of operators who only look. Default: there are none. */
  readonly viewerToken?: string | undefined;
  /** The secret of operators who act. Default: they come by Cloudflare Access. */
  readonly token?: string | undefined;
  /** Signs the cookies and the forms of operators. */
  readonly tokenRing: KeyRing;
  readonly sessions: Unattended;
  /** The stores that may hold copies of a session. */
  readonly stores: SessionStores;
  /** Since when the breakers of the isolate are open, by the name of the store: milliseconds since 1970. */
  readonly openSince: () => Readonly<Record<string, number>>;
  /** The address that visitors use. */
  readonly issuer: string;
  /** `undefined`: sessions are not indexed by principal. */
  readonly principals: Principals | undefined;
  readonly pools: Pools | undefined;
  /** The breakers of the isolate. */
  readonly breakers: readonly Breaker[];
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

/** A request of an operator. */
export interface ConsoleEnv extends OperatorEnv {
  Variables: OperatorEnv["Variables"] & { operator: Operator };
}
export type ConsoleContext = Context<ConsoleEnv>;

/** A page of the console. */
export function page(
  c: ConsoleContext,
  shown: Page,
  status: 200 | 400 | 403 | 404 | 409 | 410 | 503 = 200,
): Response | Promise<Response> {
  return c.html(layout(shown, c.get("operator")), status);
}
