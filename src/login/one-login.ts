import type { ResolvedConfig, ResolvedLogin } from "../config/resolved.ts";
import type { KeyRing } from "../inbound/token/key-ring.ts";
import type { Visit } from "../request/visit.ts";
import type { Breaker } from "../store/breaker.ts";
import type { Principals } from "../store/principal-contracts.ts";
import { createBackchannel } from "./backchannel.ts";
import { createEnvelopes } from "./envelope.ts";
import { createFlow, type Flow, type FlowParts } from "./flow.ts";
import { createGrants } from "./grants.ts";
import { createProvider, type Provider } from "./provider.ts";
import { breakerNameOf } from "./provider-call.ts";

/** One login, with its provider. */
export interface OneLogin {
  readonly login: ResolvedLogin;
  /** Where visitors log in. */
  readonly hosts: readonly string[];
  readonly flow: Flow;
  readonly provider: Provider;
  /** Answers logout tokens. Absent: the provider ends no sessions here. */
  readonly backchannel: ((visit: Visit) => Promise<Response>) | undefined;
}

/** The parts that all logins of a site share. */
export interface OneLoginParts extends Pick<FlowParts, "requiredAt" | "isAway" | "clock"> {
  readonly config: Pick<ResolvedConfig, "logout">;
  readonly ring: KeyRing;
  /** The secret of a login of the configuration. `undefined`: the provider knows this site as a public client. */
  readonly secretOf: (id: string | undefined) => string | undefined;
  /** The address that visitors use. */
  readonly issuer: string;
  /** Makes the breaker of a provider. Default: providers have none. */
  readonly makeBreaker?: (name: string) => Breaker;
  /** Needed for logouts that the provider asks for. */
  readonly principals?: Pick<Principals, "endAll"> | undefined;
}

/** Puts the parts of a login together. */
export function createOneLogin(login: ResolvedLogin, parts: OneLoginParts): OneLogin {
  const { config, ring, secretOf, issuer, makeBreaker, principals, clock } = parts;
  const { id, hosts = [new URL(issuer).hostname] } = login;
  const provider = createProvider({ login, breaker: makeBreaker?.(breakerNameOf(id)), secret: secretOf(id), clock });
  return {
    login,
    hosts,
    provider,
    flow: createFlow({
      ...parts,
      login,
      hosts,
      provider,
      forgets: forgottenAt(config),
      envelopes: createEnvelopes(ring),
      grants:
        (typeof MOOR_REFRESH === "undefined" || MOOR_REFRESH) && login.refreshSeconds !== undefined
          ? createGrants(ring)
          : undefined,
    }),
    backchannel:
      (typeof MOOR_BACKCHANNEL === "undefined" || MOOR_BACKCHANNEL) && login.backchannel && principals && provider.keys
        ? createBackchannel({ login, keys: provider.keys, principals, clock })
        : undefined,
  };
}

/** What a browser forgets after a cookie that is to stay: that of another account, or of whoever has come meanwhile. */
export function forgottenAt({ logout }: Pick<ResolvedConfig, "logout">): ResolvedConfig["logout"]["clearSiteData"] {
  return logout.clearSiteData.filter((kind) => kind !== "cookies");
}
