import { expect, it } from "vitest";
import { forget, sentCookies } from "../../src/adoption/cookies.ts";
import type { ResolvedAdoption } from "../../src/config/adopt.ts";

const READ: ResolvedAdoption = {
  from: "next-auth",
  cookies: ["a", "b"],
  until: "2090-01-01T00:00:00Z",
  graceSeconds: 30,
};
const namesIn = (entry: ResolvedAdoption, header: string) => sentCookies(entry, header).map(({ name }) => name);

it("finds the chunks of a cookie that Moor reads by itself, and those of no other", () => {
  const header = "a.1=2; a.0=1; a.3=4; b=x; b.0=y; c=z";
  expect(namesIn(READ, header)).toEqual(["a.0", "a.1", "b"]);
  expect(namesIn({ ...READ, confirm: { pool: "old", path: "/" } } as ResolvedAdoption, header)).toEqual(["b"]);
});

it("has a browser forget each cookie of a request, with Secure where its name asks for it, and with its domain", () => {
  const cookies = ["sid", "__Secure-sid.0", "__Host-sid"].map((name) => ({ name, value: "x" }));
  expect(forget(cookies, undefined)).toEqual([
    "sid=; Path=/; Max-Age=0",
    "__Secure-sid.0=; Path=/; Max-Age=0; Secure",
    "__Host-sid=; Path=/; Max-Age=0; Secure",
  ]);
  expect(forget(cookies.slice(0, 1), "example.com")).toEqual([
    "sid=; Path=/; Max-Age=0",
    "sid=; Path=/; Max-Age=0; Domain=example.com",
  ]);
});
