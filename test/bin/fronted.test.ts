/** @quick */
import { describe, expect, it } from "vitest";
import { configFor } from "../../bin/fronted.ts";
import { readConfig } from "../../src/config/read.ts";

function idsOf(...urls: string[]): string[] {
  return configFor(urls).pools.flatMap((pool) => pool.origins.map((origin) => origin.id));
}

describe("the configuration for servers given by URL", () => {
  it("is a single pool of these servers, and valid", () => {
    const config = configFor(["http://127.0.0.1:9001", "https://a.example.com/base"]);
    expect(config.pools.map(({ id, origins }) => [id, origins.map(({ url }) => url)])).toEqual([
      ["local", ["http://127.0.0.1:9001", "https://a.example.com/base"]],
    ]);
    expect(readConfig(config)).toMatchObject({ kind: "ok" });
  });

  it("names an origin by its host and port", () => {
    expect(idsOf("http://127.0.0.1:9001", "http://LOCALHOST", "https://a.example.com")).toEqual([
      "127.0.0.1-9001",
      "localhost-80",
      "a.example.com-443",
    ]);
  });

  it("names an origin the same wherever it stands in the list", () => {
    const urls = ["http://a:1", "http://[::1]:2", "http://a:1/base", "http://a:1/Base"];
    expect(idsOf(...urls.toReversed())).toEqual(idsOf(...urls).toReversed());
    for (const url of urls) expect(idsOf(...urls)).toContain(idsOf(url)[0]);
  });

  it("makes valid ids that differ of whatever an id cannot hold", () => {
    const long = `${"x".repeat(60)}.${"y".repeat(60)}`;
    const urls = [
      "http://[::1]:80",
      "http://[::2]:80",
      "http://a/b",
      "http://a/B",
      "http://a/b/",
      "http://a-80/b",
      `http://${long}:1`,
      `http://${long}:2`,
      "http://a_b",
    ];
    const ids = idsOf(...urls);
    for (const id of ids) expect(id).toMatch(/^[a-z0-9._-]{1,64}$/);
    expect(new Set(ids).size).toBe(urls.length);
  });

  it.each([
    ["http://127.0.0.1:9001", "http://127.0.0.1:9001/"],
    ["http://a", "http://A:80"],
    ["http://127.0.0.1:1", "http://127.1:1"],
  ])("refuses %s again as %s", (first, again) => {
    expect(() => configFor([first, again])).toThrow(`--origin: ${again} is given twice`);
  });
});
