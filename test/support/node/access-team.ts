import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { startLocalOrigin } from "./local-origin.ts";

/** A stand-in on this machine for `https://TEAM.cloudflareaccess.com`. */
export interface AccessTeam {
  readonly url: string;
  readonly aud: string;
  /** A JWT as Access adds it to the requests that it lets through. */
  assertion(email: string): Promise<string>;
  stop(): Promise<void>;
}

/** Starts a team with one key and one application. */
export async function startAccessTeam(): Promise<AccessTeam> {
  const aud = "a1b2c3d4";
  const [team, { privateKey, publicKey }] = await Promise.all([
    startLocalOrigin("team"),
    generateKeyPair("RS256", { extractable: true }),
  ]);
  const jwk = { ...(await exportJWK(publicKey)), kid: "1", alg: "RS256", use: "sig" };
  team.answers((_request, response) => {
    response.setHeader("Content-Type", "application/json");
    response.end(JSON.stringify({ keys: [jwk] }));
  });
  return {
    url: team.url,
    aud,
    assertion: (email) =>
      new SignJWT({ email })
        .setProtectedHeader({ alg: "RS256", kid: "1", typ: "JWT" })
        .setIssuer(team.url)
        .setAudience(aud)
        .setIssuedAt()
        .setExpirationTime("1 day")
        .sign(privateKey),
    stop: () => team.stop(),
  };
}
