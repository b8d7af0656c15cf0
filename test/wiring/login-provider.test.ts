import { afterEach, describe, expect, it, vi } from "vitest";
import { parseKeyRing } from "../../src/inbound/token/key-ring.ts";
import { createGrants } from "../../src/login/grants.ts";
import type { Login } from "../../src/session/login.ts";
import { bindLoginProvider } from "../../src/wiring/login-provider.ts";
import { pool, resolved } from "../config/configs.ts";
import { T0 } from "../support/time.ts";

afterEach(() => vi.unstubAllGlobals());

const KEYS = `1:${"A".repeat(43)}`;
const loginOf = (id: string, refreshSeconds: number) => ({
  id,
  issuer: `https://${id}.test`,
  clientId: "moor",
  refreshSeconds,
  hosts: [`shop-of-${id}.test`],
});
const config = resolved({ pools: [pool()], logins: [loginOf("staff", 60), loginOf("partners", 120)] });
const login = (id: string): Login => ({
  id,
  issuer: `https://${id}.test`,
  sub: "alice",
  at: T0,
  claims: {},
  roleClaims: {},
});

/** The providers of two logins, which refuse each refresh token, and what they are asked. */
function bound() {
  const asked: { readonly url: string; readonly authorization: string | null; readonly body: string }[] = [];
  vi.stubGlobal("fetch", async (input: string, init: RequestInit = {}) => {
    const { origin, pathname } = new URL(input);
    if (pathname.startsWith("/.well-known/")) {
      const endpoints = Object.fromEntries(
        ["authorization", "token", "revocation"].map((name) => [`${name}_endpoint`, `${origin}/${name}`]),
      );
      return Response.json({ issuer: origin, jwks_uri: `${origin}/jwks`, ...endpoints });
    }
    asked.push({
      url: input,
      authorization: new Headers(init.headers).get("Authorization"),
      body: String(init.body),
    });
    return Response.json({ error: "invalid_grant" }, { status: 400 });
  });
  const secrets = { MOOR_LOGIN_SECRET_STAFF: "secret-of-staff", MOOR_LOGIN_SECRET_PARTNERS: "secret-of-partners" };
  const provider = bindLoginProvider({ MOOR_TOKEN_KEYS: KEYS, ...secrets }, () => config);
  const grant = (id: string) => createGrants(parseKeyRing(KEYS, "keys")).seal(login(id), `refresh-of-${id}`);
  return { provider, asked, grant };
}

describe.each(["staff", "partners"])("a login of several: %s", (id) => {
  it("is renewed by its own provider, with its own secret", async () => {
    const { provider, asked, grant } = bound();
    expect(await provider.renew(login(id), await grant(id), "session")).toEqual({ kind: "refused" });
    expect(asked.map(({ url }) => url)).toEqual([`https://${id}.test/token`]);
    const [{ authorization, body } = { authorization: null, body: "" }] = asked;
    expect(body).toContain(`refresh-of-${id}`);
    expect(atob(authorization?.replace("Basic ", "") ?? "")).toBe(`moor:secret-of-${id}`);
  });

  it("has its refresh token forgotten by its own provider", async () => {
    const { provider, asked, grant } = bound();
    await provider.revoke(login(id), await grant(id), "session");
    expect(asked.map(({ url }) => url)).toEqual([`https://${id}.test/revocation`]);
  });

  it("is due by its own setting", () => {
    const { provider } = bound();
    expect(provider.isDue(login(id), T0 + 90_000)).toBe(id === "staff");
  });
});

describe("a login that the configuration has no more", () => {
  it("is due, and is refused without asking a provider", async () => {
    const { provider, asked, grant } = bound();
    expect(provider.isDue(login("gone"), T0)).toBe(true);
    expect(await provider.renew(login("gone"), await grant("gone"), "session")).toEqual({ kind: "refused" });
    await provider.revoke(login("gone"), await grant("gone"), "session");
    expect(asked).toEqual([]);
  });
});
