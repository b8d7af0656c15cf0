import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readingsOf } from "../../src/login/readings.ts";
import { hostilePaths } from "./hostile-paths.ts";

/** The path as a Worker gets it. */
const pathOf = (text: string) => new URL(`https://shop.test${text}`).pathname;
const placesOf = (text: string) => readingsOf(pathOf(text));

describe("the readings of a path", () => {
  it.each([
    ["/orders/7", ["/orders/7"]],
    ["/orders/", ["/orders"]],
    ["/", ["/"]],
  ])("are one place for a plain path: %s", (path, places) => expect(placesOf(path)).toEqual(places));

  it.each([
    "/ADMIN/secret",
    "/%61dmin/secret",
    "/adm%69n/secret",
    "//admin/secret",
    "/admin%2Fsecret",
    "/./admin/secret",
    "/admin;x=1/secret",
    "/public/..;/admin/secret",
    "/public/%2e%2e%2fadmin/secret",
    "/public\\..\\admin\\secret",
    "/public/..%5cadmin/secret",
    "/%2561dmin/secret",
    "/%252e%252e/admin/secret",
    "/%EF%BD%81dmin/secret",
    "/public/%2e%2e%2fadmin/secret/..;/..;/public/x",
    "//shop/admin/secret",
    "///shop%2fadmin/secret",
  ])("pass the guarded page: %s", (path) => expect(placesOf(path)).toContain("/admin/secret"));

  it.each([
    "/public/100%25",
    "/public/a;b/c",
    "/public/a%2Fb",
    "/public/%E9t%E9",
    "/public/a/..%2fb",
    "/public/Index.html",
    "/public/.well-known/x",
  ])("stay below an ordinary public path: %s", (path) => {
    const places = placesOf(path);
    expect(places).not.toBe("unreadable");
    expect((places as string[]).every((place) => place.startsWith("/public"))).toBe(true);
  });

  it.each([
    "/a%00b",
    "/a%0d%0ab",
    "/a%250ab",
    "/%2525252525",
    `/${"..%2f".repeat(33)}`,
    `/${"A".repeat(4_096)}`,
    `/${"//a".repeat(99)}`,
  ])("are refused for %s", (path) => {
    expect(placesOf(path)).toBe("unreadable");
  });
});

/** How an origin may read a path. */
interface Habit {
  readonly decodes: number;
  readonly cuts: "never" | "before decoding" | "after decoding";
  readonly ignoresCase: boolean;
  readonly foldsBackslashes: boolean;
  /** Whether it takes the first name after `//` for a host. */
  readonly findsHosts: boolean;
  /** Whether it takes the first segments for a script, before it follows `..`. */
  readonly findsScripts: boolean;
}

/** Reads a path as such an origin does, without a line of the code under test. */
function servedBy(path: string, habit: Habit): string {
  const withoutParameters = (given: string) => given.replace(/;[^/]*/g, "");
  let text = habit.cuts === "before decoding" ? withoutParameters(path) : path;
  for (let times = 0; times < habit.decodes; times++) {
    text = text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  }
  if (habit.foldsBackslashes) text = text.replaceAll("\\", "/");
  if (habit.findsHosts) text = text.replace(/^\/\/+[^/]*/, "");
  if (habit.cuts === "after decoding") text = withoutParameters(text);
  if (habit.ignoresCase) text = text.toLowerCase();
  const kept: string[] = [];
  for (const part of text.split("/")) {
    if (part === "..") {
      if (habit.findsScripts && kept.at(-1)?.endsWith(".php")) return `/${kept.join("/")}`;
      kept.pop();
    } else if (part !== "" && part !== ".") kept.push(part);
  }
  return `/${kept.join("/")}`;
}

const habits = fc.record({
  decodes: fc.integer({ min: 0, max: 2 }),
  cuts: fc.constantFrom("never", "before decoding", "after decoding"),
  ignoresCase: fc.boolean(),
  foldsBackslashes: fc.boolean(),
  findsHosts: fc.boolean(),
  findsScripts: fc.boolean(),
});
const isGuarded = (place: string) => place === "/admin" || place.startsWith("/admin/");

describe("whatever the habits of an origin", () => {
  it("the place that it serves is among the readings, or the path is refused", () => {
    fc.assert(
      fc.property(hostilePaths, habits, (given, habit) => {
        const served = servedBy(given, habit).toLowerCase();
        const read = readingsOf(given);
        return read === "unreadable" || !isGuarded(served) || read.some(isGuarded);
      }),
      { numRuns: 20_000 },
    );
  });

  it("this property finds guarded pages often enough to mean something", () => {
    const found = fc.sample(fc.tuple(hostilePaths, habits), 2_000).filter(([given, habit]) => {
      return !isGuarded(given) && isGuarded(servedBy(given, habit));
    });
    expect(found.length).toBeGreaterThan(50);
  });
});
