import type { ResolvedConfig } from "../../config/resolved.ts";
import { isEqualInConstantTime } from "../../lib/equal-bytes.ts";
import { createKeySet } from "../../lib/key-set.ts";
import { type SplitToken, signatureFault, splitToken } from "../../lib/signed-token.ts";
import { describeFault, type Log } from "../../log.ts";
import type { Visitor } from "../../request/visitor.ts";

/** The settings by which operators are recognised. */
export interface AdminAccessParts {
  /** The secret that operators send as a bearer token. Default: no secret. */
  readonly token?: string | undefined;
  /** Cloudflare Access. Default: not used. */
  readonly access?: NonNullable<ResolvedConfig["admin"]>["access"];
  /** Roles of logins, by which the console knows operators. Default: not used. */
  readonly roles?: NonNullable<ResolvedConfig["admin"]>["roles"];
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

/**
 * What hono hands to the handlers of the APIs for operators: `log` names the request in each line, `visitor` is the sender as a visitor of
 * the site, and `who` is the operator.
 */
export interface OperatorEnv {
  Bindings: { readonly log: Log; readonly visitor?: Visitor | undefined };
  Variables: { who: string };
}

/** The sender of a request. `refused`: the credential is wrong, for the given reason. */
export type Admin = { kind: "admin"; who: string } | { kind: "refused"; reason: string } | { kind: "nobody" };

/** Finds out who sent a request. */
export type AdminAccess = (headers: Headers) => Promise<Admin>;

const LEAST_TOKEN_CHARACTERS = 32;
const CERTS_DEADLINE_MS = 3_000;

/**
 * Recognises operators by the secret token, or by the JWT that Cloudflare Access adds to requests that it lets through
 * (`Cf-Access-Jwt-Assertion`). The JWT must be signed by the team's keys with RS256, issued by the team, for this application.
 * The Worker checks the JWT itself, because clients may reach the Worker without passing Access.
 *
 * @throws TypeError if neither is configured, or the token is too short.
 */
export function createAdminAccess({ token, access, roles, clock }: AdminAccessParts): AdminAccess {
  if (!token && !access && !roles) {
    throw new TypeError("admin is configured, and nobody may use it: set MOOR_ADMIN_TOKEN or configure admin.access.");
  }
  if (token && token.length < LEAST_TOKEN_CHARACTERS) {
    throw new TypeError(
      `MOOR_ADMIN_TOKEN: expected at least ${LEAST_TOKEN_CHARACTERS} characters; "openssl rand -hex 32" makes 64.`,
    );
  }
  const byAccess = access && createAccessCheck(access, clock);

  return async (headers) => {
    const bearer = /^Bearer (.+)$/.exec(headers.get("Authorization") ?? "")?.[1];
    if (token && bearer !== undefined) {
      const isRight = await isSameSecret(bearer, token);
      return isRight ? { kind: "admin", who: "token" } : { kind: "refused", reason: "the token is wrong" };
    }
    const jwt = headers.get("Cf-Access-Jwt-Assertion");
    return byAccess && jwt !== null ? byAccess(jwt) : { kind: "nobody" };
  };
}

function createAccessCheck({ team, aud }: { team: string; aud: string }, clock: () => number) {
  const keys = createKeySet({
    load: async () => {
      const signal = AbortSignal.timeout(CERTS_DEADLINE_MS);
      const response = await fetch(new URL("/cdn-cgi/access/certs", team), { redirect: "manual", signal });
      if (!response.ok) throw new Error(`the keys of the team: status ${response.status}`);
      return ((await response.json()) as { keys?: unknown }).keys;
    },
    unavailable: (reason) => new Error(`the keys of the team: ${reason}`),
    clock,
  });
  return async (jwt: string): Promise<Admin> => {
    const token = splitToken(jwt);
    const claims = token?.claims ?? {};
    const reason = token ? claimFault(token, { team, aud, now: clock() / 1000 }) : "form";
    try {
      const fault = reason ?? (await signatureFault(token as SplitToken, "RS256", keys));
      if (fault !== undefined) return { kind: "refused", reason: `the JWT of Access: ${fault}` };
    } catch (fault) {
      return { kind: "refused", reason: describeFault(fault) };
    }
    // People have an email address. Machines with a service token have a name.
    const who = [claims.email, claims.common_name, claims.sub].find((name) => typeof name === "string" && name !== "");
    return { kind: "admin", who: `access:${who ?? "unknown"}` };
  };
}

/** The name of the first rule that a JWT of Access breaks. @param expected.now seconds since 1970. */
function claimFault(
  { header: { alg, crit }, claims: { iss, aud, iat, exp, nbf = 0 } }: SplitToken,
  expected: { readonly team: string; readonly aud: string; readonly now: number },
): string | undefined {
  if (alg !== "RS256" || crit !== undefined) return "alg";
  if (iss !== new URL(expected.team).origin) return "iss";
  if (!(Array.isArray(aud) ? aud : [aud]).includes(expected.aud)) return "aud";
  if (typeof iat !== "number") return "iat";
  if (typeof nbf !== "number" || nbf > expected.now) return "nbf";
  return typeof exp === "number" && exp > expected.now ? undefined : "exp";
}

/** Compares hashes, which have the same length. So the time does not tell how much of a guess was right. */
export async function isSameSecret(guess: string, secret: string): Promise<boolean> {
  const [one, other] = await Promise.all([digestOf(guess), digestOf(secret)]);
  return isEqualInConstantTime(one, other);
}

async function digestOf(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
}
