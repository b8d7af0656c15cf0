import { createCarrier, resolveCarrier } from "../../../src/carriers/registry.ts";
import type { ResolvedConfig } from "../../../src/config/resolved.ts";
import type { KeyRing } from "../../../src/inbound/token/key-ring.ts";
import { openNewest } from "../../../src/inbound/token/newest.ts";
import type { OpenedToken, Tokens } from "../../../src/inbound/token/tokens.ts";
import { unattended } from "../../../src/session/change.ts";
import type { Breaker } from "../../../src/store/breaker.ts";
import type { Connect } from "../../../src/store/connected.ts";
import { connectCookies, WITHOUT_REQUEST } from "../../../src/store/cookie/connect.ts";
import { createRevocation, type EndNamespace, endsInKv } from "../../../src/store/cookie/revocation.ts";
import { createSealedStates } from "../../../src/store/cookie/sealed-states.ts";
import { createSeal } from "../../../src/store/seal.ts";
import type { Kept } from "../carriers.ts";
import { cookieHeader } from "../cookie-jar.ts";
import type { Truth } from "../history.ts";
import { SITE } from "../subject.ts";
import type { IsolateLife } from "./isolate.ts";

/** Sessions in the cookies of the browsers of a schedule. */
export interface CookieSessions {
  /** The parts of an isolate. */
  isolate(
    life: IsolateLife,
    ends: EndNamespace,
    breaker: Breaker,
    now: () => number,
  ): {
    readonly authority: typeof WITHOUT_REQUEST;
    readonly connect: Connect;
  };
  /** The token that counts among the cookies of a browser. */
  tokenIn(kept: Kept): Promise<OpenedToken | undefined>;
  /** The browser holds these cookies now. */
  arrived(kept: Kept): Promise<void>;
  /**
   * A session as its browser shows it. Two first responses in parallel may found two sessions, and a browser keeps one: of the other, which no
   * visitor sees again, everything counts that has ever arrived.
   */
  truth(sid: string): Promise<Truth>;
}

/** @param now the true time. */
export function createCookieSessions(
  ring: KeyRing,
  session: ResolvedConfig["session"],
  tokens: Tokens,
  now: () => number,
): CookieSessions {
  const sealed = createSealedStates(createSeal(ring), new Set(ring.map(({ id }) => id)));
  const { https } = createCarrier(resolveCarrier({ type: "cookie" }), {
    now,
    markLifeSeconds: 60,
    holdsSessions: true,
  });
  let latest: Kept = new Map();
  const everything = new Map<string, string>();
  const ended = new Set<string>();
  const open = (credentials: Parameters<Tokens["open"]>[0]) => tokens.open(credentials, 0);

  function requestWith(kept: Kept): Request {
    return new Request(SITE, { headers: { Cookie: cookieHeader(kept) ?? "" } });
  }

  async function tokenIn(kept: Kept): Promise<OpenedToken | undefined> {
    const credentials = https.read(requestWith(kept)) ?? https.provisional?.read(requestWith(kept));
    return credentials && openNewest(credentials, open);
  }

  return {
    isolate(life, ends, breaker, clock) {
      const store = endsInKv({
        get: (key, options) => ends.get(key, options),
        async put(key, value, options) {
          await ends.put(key, value, options);
          ended.add(key.slice("x/".length));
        },
      });
      const revocation = life.within(createRevocation(store, breaker));
      return { authority: WITHOUT_REQUEST, connect: connectCookies({ sealed, revocation, session, clock }) };
    },

    tokenIn,

    async arrived(kept) {
      latest = kept;
      for (const [name, value] of kept) everything.set(name, value);
    },

    async truth(sid) {
      if (ended.has(sid)) return { kind: "ended" };
      const isCurrent = (await tokenIn(latest))?.id === sid;
      const cookies = https.sessions?.(requestWith(isCurrent ? latest : everything));
      const alive = { ask: async () => ({ kind: "alive" }) as const, end: async () => ({ kind: "kept" }) as const };
      const connected = connectCookies({ sealed, revocation: alive, session, clock: now })(
        cookies && { cookies, older: [] },
      );
      const found = await connected.authority.read(unattended(sid, now()), now());
      if (found.kind !== "hit") return { kind: found.kind === "ended" ? "ended" : "none" };
      return { kind: "live", attributes: found.copy.attributes };
    },
  };
}
