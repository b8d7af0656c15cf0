import type { ResolvedLogin } from "../config/resolved.ts";
import type { KeySet } from "../lib/key-set.ts";
import { sha256 } from "../lib/sha256.ts";
import type { Verdict } from "../session/login.ts";
import type { JsonObject } from "../session/patch.ts";
import type { Breaker } from "../store/breaker.ts";
import { createDiscovery, createProviderKeys } from "./discovery.ts";
import type { Prompt, Sealed } from "./envelope.ts";
import { type Claims, readIdToken } from "./id-token.ts";
import { createAsk, Ended, type NotIdentified, orEnded } from "./provider-call.ts";

/** The outcome of a login at the provider. */
export type Identified =
  | {
      readonly kind: "identified";
      readonly claims: Claims;
      /** Absent: the provider gave none. */
      readonly refreshToken?: string;
    }
  | NotIdentified;

/** The outcome of a refresh. */
export type Refreshed =
  | {
      readonly kind: "refreshed";
      /** Absent: the provider tells no claims outside of a login, and the claims are as they were. */
      readonly claims?: Claims;
      /** The refresh token from now on. */
      readonly refreshToken: string;
    }
  /** `refreshToken`: the provider has given the next refresh token, and then did not tell the claims. */
  | (NotIdentified & { readonly refreshToken?: string });

/** The address at the provider to which a visitor is sent, or the reason why there is none. */
export type Address = { readonly kind: "address"; readonly url: URL } | NotIdentified;

/** A login that the provider is asked for. */
export interface Ask extends Sealed {
  readonly redirectUri: string;
  /** The verdict of the guard, which may need more than a login. */
  readonly verdict: Verdict;
  /** Absent: a visitor whom the provider knows need not do anything. */
  readonly prompt?: Prompt | undefined;
}

/** The OpenID Connect provider of a configuration. */
export interface Provider {
  /** The keys by which the provider signs logout tokens. A build without back-channel logout has none. */
  readonly keys?: KeySet;
  addressFor(ask: Ask): Promise<Address>;
  /**
   * The address at which the provider ends its own session (OpenID Connect RP-Initiated Logout 1.0).
   *
   * @param after the address of this site to which the provider sends the visitor then; with a `state` that it gives back.
   */
  logoutFor(after: string, state: string): Promise<Address>;
  /**
   * Spends the code of a callback.
   *
   * @param query of the callback, whose `state` has been opened.
   * @param wanted the names of the claims that must be known. Userinfo is asked if the ID token lacks one of them.
   */
  identify(
    query: URLSearchParams,
    flow: Omit<Sealed, "state"> & { readonly redirectUri: string },
    wanted: readonly string[],
  ): Promise<Identified>;
  /**
   * Spends a refresh token (RFC 6749, section 6; OpenID Connect Core, section 12).
   * @param sub of the login. A provider that names another visitor is refused.
   * A build without the renewal of logins has no such step.
   *
   * @param wanted the names of the claims that must be known.
   */
  refresh?(refreshToken: string, sub: string, wanted: readonly string[]): Promise<Refreshed>;
  /** Has the provider forget a refresh token (RFC 7009). `undefined`: it has, or it takes no such request. */
  revoke?(refreshToken: string): Promise<NotIdentified | undefined>;
}

/** The parts by which a provider is reached. */
export interface ProviderParts {
  readonly login: Pick<ResolvedLogin, "issuer" | "clientId" | "scopes">;
  /** While it is open, nobody waits for the provider. Default: there is none. */
  readonly breaker?: Pick<Breaker, "admit"> | undefined;
  /** `undefined`: a public client. */
  readonly secret: string | undefined;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

/**
 * The provider, by OpenID Connect Discovery 1.0 and the authorization code flow with PKCE (RFC 7636, S256). A library would be twice as
 * large as all of the login: docs/explanation/decisions/041-login-at-the-edge.md.
 */
export function createProvider(parts: ProviderParts): Provider {
  const { login, breaker, secret, clock } = parts;
  const { issuer, clientId, scopes } = login;
  const ask = createAsk(breaker);
  const { metadata, endpoint } = createDiscovery(login, { ask, clock });

  /** Posts to an endpoint that knows the client by its secret (RFC 6749, section 2.3.1). */
  async function post(name: string, form: Readonly<Record<string, string>>, isTold?: boolean): Promise<JsonObject> {
    const url = await endpoint(name);
    const methods = (await metadata()).token_endpoint_auth_methods_supported;
    const body = new URLSearchParams(form);
    const headers = new Headers();
    if (secret !== undefined && !(Array.isArray(methods) && !methods.includes("client_secret_basic"))) {
      headers.set("Authorization", `Basic ${btoa(`${formEncoded(clientId)}:${formEncoded(secret)}`)}`);
    } else {
      body.set("client_id", clientId);
      if (secret !== undefined) body.set("client_secret", secret);
    }
    return ask(name, url, { method: "POST", body, headers }, isTold);
  }

  /** @throws Ended for everything that is not the outcome of a login. */
  async function identified(
    query: URLSearchParams,
    { nonce, verifier, redirectUri }: Omit<Sealed, "state"> & { readonly redirectUri: string },
    wanted: readonly string[],
  ): Promise<Identified> {
    const only = (name: string) => (query.getAll(name).length === 1 ? query.get(name) : null);
    const { authorization_response_iss_parameter_supported: tellsIssuer } = await metadata();
    // RFC 9207: a provider that was mixed up with another does not get the code.
    if ((tellsIssuer === true || query.has("iss")) && only("iss") !== issuer) throw refusal("iss");
    if (query.has("error")) throw refusal("error");
    const code = only("code");
    if (!code) throw refusal("no code");
    const tokens = await post("token_endpoint", {
      grant_type: "authorization_code",
      code,
      redirect_uri: redirectUri,
      code_verifier: verifier,
    });
    const claims = readIdToken(tokens.id_token, { issuer, clientId, nonce, now: clock() });
    if (typeof claims === "string") throw refusal(`id_token: ${claims}`);
    const kept = typeof MOOR_REFRESH === "undefined" || MOOR_REFRESH ? refreshTokenIn(tokens) : undefined;
    return { kind: "identified", claims: await completed(claims, tokens, wanted), ...kept };
  }

  /** Adds the claims of userinfo, if one is wanted that the ID token lacks. */
  async function completed<Known extends { readonly sub: string }>(
    claims: Known,
    { access_token: token }: JsonObject,
    wanted: readonly string[],
  ): Promise<Known & Claims> {
    if (wanted.every((name) => name in claims) || !(await metadata()).userinfo_endpoint)
      return claims as Known & Claims;
    const headers = { Authorization: `Bearer ${token}` };
    const name = "userinfo_endpoint";
    const more = await ask(name, await endpoint(name), { headers });
    if (more.sub !== claims.sub) throw refusal("userinfo: sub");
    // The ID token says how the visitor has logged in, and userinfo adds to that.
    return { ...more, ...claims };
  }

  /** An endpoint as the address of a browser, with what it is asked there. */
  const addressOf = (name: string, asked: Readonly<Record<string, string>>) =>
    orEnded(async (): Promise<Address> => {
      const url = new URL(await endpoint(name));
      for (const [key, value] of Object.entries({ client_id: clientId, ...asked })) url.searchParams.set(key, value);
      return { kind: "address", url };
    });

  return {
    addressFor: async ({ redirectUri, state, nonce, verifier, verdict: { acr, maxAgeSeconds }, prompt }) =>
      addressOf("authorization_endpoint", {
        redirect_uri: redirectUri,
        response_type: "code",
        scope: scopes.join(" "),
        state,
        nonce,
        code_challenge: await sha256(verifier),
        code_challenge_method: "S256",
        ...(prompt && { prompt }),
        ...(acr && { acr_values: acr.join(" ") }),
        ...(maxAgeSeconds !== undefined && { max_age: String(maxAgeSeconds) }),
      }),

    // An ID token as a hint would be in the history of the browser.
    logoutFor: (after, state) => addressOf("end_session_endpoint", { post_logout_redirect_uri: after, state }),

    ...((typeof MOOR_BACKCHANNEL === "undefined" || MOOR_BACKCHANNEL) && {
      keys: createProviderKeys(endpoint, ask, clock),
    }),

    identify: (query, flow, wanted) => orEnded(() => identified(query, flow, wanted)),

    // A function of its own would stay in a build without renewals.
    ...(typeof MOOR_REFRESH === "undefined" || MOOR_REFRESH
      ? {
          refresh: (refreshToken, sub, wanted) =>
            orEnded(async (): Promise<Refreshed> => {
              const tokens = await post("token_endpoint", { grant_type: "refresh_token", refresh_token: refreshToken });
              // A provider need not send an ID token again, nor another refresh token.
              const claims =
                "id_token" in tokens ? readIdToken(tokens.id_token, { issuer, clientId, now: clock() }) : { sub };
              if (typeof claims === "string") throw refusal(`id_token: ${claims}`);
              if (claims.sub !== sub) throw refusal("id_token: sub");
              const next = { refreshToken, ...refreshTokenIn(tokens) };
              try {
                const told: Claims = await completed(claims, tokens, wanted);
                const isTold = wanted.some((name) => name in told) || "id_token" in tokens;
                return { kind: "refreshed", ...(isTold && { claims: told }), ...next };
              } catch (fault) {
                // The refresh token that was sent may be spent. A provider takes its second use for a theft.
                if (fault instanceof Ended && fault.outcome.kind === "unavailable")
                  return { ...fault.outcome, ...next };
                throw fault;
              }
            }),
          revoke: (token) =>
            orEnded(async (): Promise<undefined> => {
              if (!(await metadata()).revocation_endpoint) return;
              await post("revocation_endpoint", { token, token_type_hint: "refresh_token" }, false);
            }),
        }
      : undefined),
  };
}

/** How long a refresh token may be. It is kept in one row, and those of the longest providers have 4 KiB. */
const MOST_TOKEN_CHARACTERS = 16_384;

function refreshTokenIn({ refresh_token: refreshToken }: JsonObject): { refreshToken?: string } {
  if (typeof refreshToken !== "string" || refreshToken === "") return {};
  return refreshToken.length <= MOST_TOKEN_CHARACTERS ? { refreshToken } : {};
}

function refusal(reason: string): Ended {
  return new Ended("refused", reason);
}

/** RFC 6749, section 2.3.1, encodes both parts of the credentials once more. */
function formEncoded(text: string): string {
  return new URLSearchParams({ a: text }).toString().slice(2);
}
