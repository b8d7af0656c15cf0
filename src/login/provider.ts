import type { ResolvedLogin } from "../config/resolved.ts";
import { encodeBase64url } from "../lib/base64url.ts";
import type { More, Verdict } from "../session/login.ts";
import type { JsonObject } from "../session/patch.ts";
import type { Discovery } from "./discovery.ts";
import type { Prompt, Sealed } from "./envelope.ts";
import { type Claims, readIdToken } from "./id-token.ts";
import { type AskProvider, Ended, type NotIdentified, orEnded } from "./provider-call.ts";

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
  readonly ask: AskProvider;
  readonly discovery: Discovery;
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
  const { login, ask, discovery, secret, clock } = parts;
  const { issuer, clientId, scopes } = login;
  const { metadata, endpoint } = discovery;

  /** Posts to an endpoint that knows the client by its secret (RFC 6749, section 2.3.1). */
  async function post(name: string, form: Readonly<Record<string, string>>, isTold?: boolean): Promise<JsonObject> {
    const url = await endpoint(name);
    const methods = (await metadata()).token_endpoint_auth_methods_supported;
    const byPost = Array.isArray(methods) && !methods.includes("client_secret_basic");
    const body = new URLSearchParams({
      ...form,
      ...(secret === undefined || byPost ? { client_id: clientId } : {}),
      ...(secret !== undefined && byPost ? { client_secret: secret } : {}),
    });
    const basic = secret !== undefined && !byPost && `Basic ${btoa(`${formEncoded(clientId)}:${formEncoded(secret)}`)}`;
    const headers: Record<string, string> = basic ? { Authorization: basic } : {};
    return ask(name.replace("_", " "), url, { method: "POST", body, headers }, isTold);
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
    if ((tellsIssuer === true || query.has("iss")) && only("iss") !== issuer) throw new Ended("refused", "iss");
    const code = only("code");
    if (query.has("error") || !code) throw new Ended("refused", query.has("error") ? "error" : "no code");
    const tokens = await post("token_endpoint", {
      grant_type: "authorization_code",
      code,
      redirect_uri: redirectUri,
      code_verifier: verifier,
    });
    const claims = readIdToken(tokens.id_token, { issuer, clientId, nonce, now: clock() });
    if (typeof claims === "string") throw new Ended("refused", `id_token: ${claims}`);
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
    const more = await ask("userinfo endpoint", await endpoint("userinfo_endpoint"), { headers });
    if (more.sub !== claims.sub) throw new Ended("refused", "userinfo: sub");
    // The ID token says how the visitor has logged in, and userinfo adds to that.
    return { ...more, ...claims };
  }

  return {
    addressFor: ({ redirectUri, state, nonce, verifier, verdict, prompt }) =>
      orEnded(async (): Promise<Address> => {
        const url = new URL(await endpoint("authorization_endpoint"));
        const asked = {
          client_id: clientId,
          redirect_uri: redirectUri,
          response_type: "code",
          scope: [...new Set(["openid", ...scopes])].join(" "),
          state,
          nonce,
          code_challenge: await challengeOf(verifier),
          code_challenge_method: "S256",
          ...(prompt && { prompt }),
          ...((verdict.kind === "login" || verdict.kind === "step-up") && more(verdict)),
        };
        for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value);
        return { kind: "address", url };
      }),

    logoutFor: (after, state) =>
      orEnded(async (): Promise<Address> => {
        const url = new URL(await endpoint("end_session_endpoint"));
        // An ID token as a hint would be in the history of the browser.
        const asked = { client_id: clientId, post_logout_redirect_uri: after, state };
        for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value);
        return { kind: "address", url };
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
              if (typeof claims === "string") throw new Ended("refused", `id_token: ${claims}`);
              if (claims.sub !== sub) throw new Ended("refused", "id_token: sub");
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

function more({ acr, maxAgeSeconds }: More): Record<string, string> {
  return {
    ...(acr && { acr_values: acr.join(" ") }),
    ...(maxAgeSeconds !== undefined && { max_age: String(maxAgeSeconds) }),
  };
}

async function challengeOf(verifier: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  return encodeBase64url(new Uint8Array(digest));
}

/** RFC 6749, section 2.3.1, encodes both parts of the credentials once more. */
function formEncoded(text: string): string {
  return new URLSearchParams({ a: text }).toString().slice(2);
}
