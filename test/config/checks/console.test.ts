import { describe, expect, it } from "vitest";
import { readConfig } from "../../../src/config/read.ts";

const POOLS = [{ id: "shop", origins: [{ id: "a", url: "https://a.example.com" }] }];

function mistakesOf(admin: object, { deploy = false, routes = [{ path: "/*", pool: "shop" }] as object[] } = {}) {
  const read = readConfig({ pools: POOLS, routes, admin }, { deploy });
  return read.kind === "invalid" ? read.mistakes.map(({ path, found }) => [path, found]) : [];
}

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
