import { createRemoteJWKSet, errors, jwtVerify } from "jose";
import type { ResolvedConfig } from "../../config/resolved.ts";
import { isEqualInConstantTime } from "../../inbound/token/mac.ts";
import { describeFault } from "../../log.ts";

/** How admins are told from others. */
export interface AdminAccessParts {
  /** The secret that admins send as a bearer token. Default: there is none. */
  readonly token?: string | undefined;
  /** Cloudflare Access. Default: not used. */
  readonly access?: NonNullable<ResolvedConfig["admin"]>["access"];
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

/** Who asks. `refused`: with a credential that is wrong, and why. */
export type Admin = { kind: "admin"; who: string } | { kind: "refused"; reason: string } | { kind: "nobody" };

/** Tells who a request comes from. */
export type AdminAccess = (headers: Headers) => Promise<Admin>;

const LEAST_TOKEN_CHARACTERS = 32;
const CERTS_DEADLINE_MS = 3_000;
/** Access rotates its keys every six weeks and takes the old one for a week; an unknown key is looked for at most this often. */
const CERTS_COOLDOWN_MS = 30_000;
const CERTS_AGE_MS = 600_000;

/**
 * Admins by a token of their own, or by the JWT that Cloudflare Access adds to what it lets through
 * (`Cf-Access-Jwt-Assertion`): signed by the team's keys with RS256, issued by the team, for this application. The Worker
 * checks it itself, since it may be reached beside Access.
 *
 * @throws TypeError if neither is configured, or the token is short.
 */
export function createAdminAccess({ token, access, clock }: AdminAccessParts): AdminAccess {
  if (!token && !access) {
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
  const keys = createRemoteJWKSet(new URL("/cdn-cgi/access/certs", team), {
    timeoutDuration: CERTS_DEADLINE_MS,
    cooldownDuration: CERTS_COOLDOWN_MS,
    cacheMaxAge: CERTS_AGE_MS,
  });
  return async (jwt: string): Promise<Admin> => {
    try {
      const { payload } = await jwtVerify(jwt, keys, {
        algorithms: ["RS256"],
        issuer: new URL(team).origin,
        audience: aud,
        currentDate: new Date(clock()),
        requiredClaims: ["exp", "iat"],
      });
      // People have an address; machines, with a service token, a name.
      const who = [payload.email, payload.common_name, payload.sub].find(
        (name) => typeof name === "string" && name !== "",
      );
      return { kind: "admin", who: `access:${who ?? "unknown"}` };
    } catch (fault) {
      return { kind: "refused", reason: fault instanceof errors.JOSEError ? fault.code : describeFault(fault) };
    }
  };
}

/** Hashes are of one length, and tell nothing of how much of a guess was right. */
async function isSameSecret(guess: string, secret: string): Promise<boolean> {
  const [one, other] = await Promise.all([digestOf(guess), digestOf(secret)]);
  return isEqualInConstantTime(one, other);
}

async function digestOf(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
}
