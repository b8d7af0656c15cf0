/** @quick */
import { expect, it } from "vitest";
import { CookieJar, cookieHeader } from "./cookie-jar.ts";

let now = 0;
const jarOf = (...setCookies: string[]) => {
  now = 1_000_000;
  const jar = new CookieJar(() => now);
  jar.receive(setCookies);
  return jar;
};

it("the value that arrives last wins, for each name by itself", () => {
  const jar = jarOf("a=1; Path=/; HttpOnly", "b=2; Max-Age=60");
  jar.receive(["a=3"]);
  expect(cookieHeader(jar.read())).toBe("a=3; b=2");
});

it("a cookie of no age is deleted, and the other cookies stay", () => {
  const jar = jarOf("a=1", "b=2");
  jar.receive(["a=; Max-Age=0; Path=/"]);
  expect(cookieHeader(jar.read())).toBe("b=2");
});

it("a cookie is gone when its age has passed, and not before", () => {
  const jar = jarOf("a=1; Max-Age=60", "b=2");
  now += 59_999;
  expect(cookieHeader(jar.read())).toBe("a=1; b=2");
  now += 1;
  expect(cookieHeader(jar.read())).toBe("b=2");
});

it("cookies that have been read do not change when another response arrives", () => {
  const jar = jarOf("a=1");
  const left = jar.read();
  jar.receive(["a=2"]);
  expect(left.get("a")).toBe("1");
});

it("a copy takes the other jar's cookies, and keeps its own cookies of other names", () => {
  const jar = jarOf("a=1", "b=2");
  jar.copyFrom(jarOf("a=3", "c=4"));
  expect(cookieHeader(jar.read())).toBe("a=3; b=2; c=4");
});

it("no cookies give no header", () => expect(cookieHeader(jarOf().read())).toBeNull());
