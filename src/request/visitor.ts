import type { Address } from "../inbound/address.ts";
import type { OpenedToken } from "../inbound/token/tokens.ts";
import type { Observer } from "../observe/observer.ts";
import type { Login } from "../session/login.ts";
import type { OpenedSession } from "../store/open-session.ts";
import type { AnyVisit, Exchange, Handling, KeepAlive } from "./exchange.ts";

/** The visitor who sends a request of Moor's own, for pages that ask who they are. Nothing is read before it is asked for. */
export interface Visitor {
  /** `undefined`: they sent no token that opens. */
  token(): Promise<OpenedToken | undefined>;
  loggedIn(): Promise<LoggedIn>;
}

/** The login of a visitor at the provider. `unavailable`: no store that knows the session answers. */
export type LoggedIn =
  | { readonly kind: "login"; readonly login: Login; readonly principal: string }
  | { readonly kind: "nobody" }
  | { readonly kind: "unavailable" };

/** The newest state decides, or during an outage of the authority the fallback. */
const HANDLING: Pick<Handling, "session" | "touch" | "freshness" | "onStale"> = {
  session: true,
  touch: false,
  freshness: "strict",
  onStale: "refuse",
};

/** The parts that find out who a visitor is. */
export interface VisitorParts extends Pick<Exchange, "enter" | "look"> {
  /** Default: logins are not renewed. */
  readonly renewing?: { opened(opened: OpenedSession): OpenedSession | Promise<OpenedSession> } | undefined;
}

/** The visitor of a request. */
export function createVisitor(
  { enter, look, renewing }: VisitorParts,
  request: Parameters<Exchange["enter"]>[0],
  address: Extract<Address, { kind: "address" }>,
  observer: Observer,
  keepAlive: KeepAlive,
): Visitor {
  let visit: AnyVisit | Promise<AnyVisit> | undefined;
  const entered = () => {
    visit ??= enter(request, address, observer, keepAlive);
    return visit;
  };
  return {
    token: async () => (await entered()).client.token,
    async loggedIn() {
      const entry = await entered();
      if (!entry.client.token) return { kind: "nobody" };
      const found = await look?.(entry, HANDLING);
      if (!found) return { kind: "nobody" };
      if (found.kind === "unavailable") return { kind: "unavailable" };
      const opened = renewing ? await renewing.opened(found) : found;
      const { login, principal } = opened.session.view ?? {};
      return login && principal !== undefined ? { kind: "login", login, principal } : { kind: "nobody" };
    },
  };
}
