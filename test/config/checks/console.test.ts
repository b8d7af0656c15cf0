import { describe, expect, it } from "vitest";
import { readConfig } from "../../../src/config/read.ts";

const POOLS = [{ id: "shop", origins: [{ id: "a", url: "https://a.example.com" }] }];

function mistakesOf(admin: object, { deploy = false, routes = [{ path: "/*", pool: "shop" }] as object[] } = {}) {
  const read = readConfig({ pools: POOLS, routes, admin }, { deploy });
  return read.kind === "invalid" ? read.mistakes.map(({ path, found }) => [path, found]) : [];
}

describe("the webhook", () => {
  it("has an https address without credentials, and http on this machine alone", () => {
    const mistakesFor = (url: unknown, deploy = false) => mistakesOf({ webhook: { url } }, { deploy });
    expect(mistakesFor("https://alerts.example.com/moor?team=1", true)).toEqual([]);
    expect(mistakesFor("http://127.0.0.1:9000/moor")).toEqual([]);
    expect(mistakesFor("http://127.0.0.1:9000/moor", true)).toEqual([
      ["admin.webhook.url", '"http://127.0.0.1:9000/moor"'],
    ]);
    for (const url of ["http://alerts.example.com", "alerts", 1]) {
      expect(mistakesFor(url), String(url)).toEqual([["admin.webhook.url", JSON.stringify(url)]]);
    }
    expect(mistakesFor("https://user:password@alerts.example.com")).toEqual([
      ["admin.webhook.url", '"https://***@alerts.example.com"'],
    ]);
    expect(mistakesOf({ webhook: {} })).toEqual([["admin.webhook.url", "nothing"]]);
  });
});

describe("the console", () => {
  it("needs a host of its own in a deploy, and none on this machine", () => {
    expect(mistakesOf({ console: true })).toEqual([]);
    expect(mistakesOf({ console: true }, { deploy: true })).toEqual([["admin.console", "true without admin.host"]]);
    expect(mistakesOf({ console: true, host: "admin.example.com" }, { deploy: true })).toEqual([]);
  });

  it("shares its host with no route", () => {
    const routes = [
      { path: "/*", pool: "shop", host: "shop.example.com" },
      { path: "/*", pool: "shop", host: "admin.example.com" },
    ];
    const host = "admin.example.com";
    expect(mistakesOf({ console: true, host }, { routes })).toEqual([
      ["routes[1].host", '"admin.example.com", the host of the console'],
    ]);
    expect(mistakesOf({ host }, { routes })).toEqual([]);
  });
});

describe("the roles of the console", () => {
  const login = {
    issuer: "https://id.example.com",
    clientId: "moor",
    roles: { ops: { claim: "groups", any: ["ops"] } },
    hosts: ["shop.example.com", "admin.example.com"],
  };
  const host = "admin.example.com";
  function mistakesOfRoles(admin: object, given: object | undefined = login) {
    const read = readConfig({ pools: POOLS, admin, ...(given && { login: given }) }, { deploy: true });
    return read.kind === "invalid" ? read.mistakes.map(({ path, found }) => [path, found]) : [];
  }

  it("are roles of login.roles, and their operators log in at the host of the console", () => {
    expect(mistakesOfRoles({ console: true, host, roles: { act: "ops" } })).toEqual([]);
    expect(mistakesOfRoles({ console: true, host, roles: { act: "ops", view: "nobody" } })).toEqual([
      ["admin.roles.view", '"nobody"'],
    ]);
    const elsewhere = { ...login, hosts: ["shop.example.com"] };
    expect(mistakesOfRoles({ console: true, host, roles: { act: "ops" } }, elsewhere)).toEqual([
      ["login.hosts", 'no "admin.example.com"'],
    ]);
  });

  it("need a console and a login", () => {
    expect(mistakesOfRoles({ host, roles: { act: "ops" } })).toEqual([["admin.roles", "roles without a console"]]);
    const read = readConfig({ pools: POOLS, admin: { console: true, roles: { act: "ops" } } });
    expect(read.kind === "invalid" && read.mistakes.map(({ found }) => found)).toEqual(["roles without login"]);
  });
});
