/** The configurations of logins in docs/guide, each made whole: the pages show only the settings that they are about. */
import { defineConfig } from "../../../src/config/define.ts";
import type { PoolConfig } from "../../../src/config/pool-types.ts";

const pool = (id: string): PoolConfig => ({ id, origins: [{ id: "a", url: "https://a.internal" }] });

export const loginAtTheEdge = defineConfig({
  pools: [pool("shop")],
  login: {
    issuer: "https://id.example.com",
    clientId: "shop",
    scopes: ["email", "groups"],
    roles: { ops: { claim: "groups", any: ["shop-ops"] }, staff: { claim: "email", domain: "example.com" } },
  },
  require: "login",
  routes: [
    { path: "/public/*", pool: "shop", require: "none" },
    { path: "/ops/*", pool: "shop", require: { role: "ops", acr: ["urn:example:mfa"], maxAgeSeconds: 900 } },
    { path: "/*", pool: "shop" },
  ],
});

export const severalLogins = defineConfig({
  pools: [pool("shop")],
  logins: [
    {
      id: "staff",
      issuer: "https://login.example.com",
      clientId: "shop",
      roles: { ops: { claim: "groups", any: ["shop-ops"] } },
    },
    { id: "partners", issuer: "https://id.partner.example", clientId: "shop", hosts: ["partner.example.com"] },
  ],
  require: "login",
  routes: [
    { path: "/public/*", pool: "shop", require: "none" },
    { path: "/ops/*", pool: "shop", require: { login: "staff", role: "ops" } },
    { path: "/*", pool: "shop" },
  ],
});

export const consoleByRole = defineConfig({
  pools: [pool("shop")],
  admin: { console: true, host: "admin.example.com", roles: { act: "ops", view: "support" } },
  login: {
    issuer: "https://id.example.com",
    clientId: "shop",
    hosts: ["shop.example.com", "admin.example.com"],
    roles: { ops: { claim: "groups", any: ["moor-ops"] }, support: { claim: "groups", any: ["support"] } },
  },
});
