/** @quick */
import { describe, expect, it } from "vitest";
import type { LoginFlow, LoginPanelView } from "../../demo/edge/login/view.ts";
import { usesOf } from "../../demo/edge/login/view.ts";
import { expectation, stepsOf } from "../../demo/edge/login/wording.ts";
import type { TokenUse } from "../../demo/provider/messages.ts";

const AT = 1_000_000;
const trace = {
  redirected: { asked: "/account", at: AT - 4_000, state: "s".repeat(174), cookies: ["moor"] },
  returnedAt: AT,
  codeDigest: "d1",
  ledTo: "/account",
  cookies: ["moor", "moor-gen"],
};
const use = (kind: TokenUse["kind"], seconds: number, session = "one", codeDigest?: string): TokenUse => ({
  kind,
  at: AT + seconds * 1000,
  account: "alice",
  session,
  ...(codeDigest !== undefined && { codeDigest }),
});
const viewAt = (seconds: number, uses: TokenUse[], others: Partial<LoginPanelView> = {}) => ({
  address: "http://127.0.0.1:1",
  provider: "here" as const,
  now: AT + seconds * 1000,
  ...others,
  flow: { trace, uses } satisfies LoginFlow,
});
const step = (id: string, view: ReturnType<typeof viewAt>) => stepsOf(view).find((each) => each.id === id)?.text;
const LOGIN = use("code", 0, "one", "d1");

describe("the words about a login", () => {
  it("count its visits at the provider from its own code on, by the session there", () => {
    const uses = [
      use("code", -9, "one", "d0"),
      use("refresh", -5),
      LOGIN,
      use("code", 5, "two", "d2"),
      use("refresh", 70),
      use("refresh", 80, "two"),
    ];
    expect(usesOf(trace, uses)).toEqual([LOGIN, use("refresh", 70)]);
    expect(usesOf({ ...trace, codeDigest: "unknown" }, uses)).toEqual([]);
  });

  it.each<[string, number, TokenUse[], Partial<LoginPanelView>, RegExp]>([
    ["until it is due", 12, [LOGIN], {}, /12 s ago, at the login\. The first page that you open 48 s from now/],
    [
      "from its last renewal",
      130,
      [LOGIN, use("refresh", 61), use("refresh", 125)],
      {},
      /5 s ago, the 2nd time.* 55 s from/,
    ],
    ["once it is due", 70, [LOGIN], {}, /70 s ago, at the login\. Moor asks again at one of your next pages/],
    [
      "due, the provider dead",
      70,
      [LOGIN],
      { provider: "away" },
      /the provider is dead\. That changes nothing for you/,
    ],
    ["of whose code no visit is known", 12, [], {}, /12 s ago, at the login/],
  ])("tell when it is renewed: %s", (_when, seconds, uses, others, text) => {
    expect(step("renewal", viewAt(seconds, uses, others))).toMatch(text);
  });

  it("name the cookie of the session, and never show the whole state", () => {
    const text = step("state", viewAt(0, [LOGIN]));
    expect(text).toContain("It has 174 characters: ssssssssssss… ");
    expect(text).toContain("The answer set only moor: the token of your session");
    expect(
      stepsOf(viewAt(0, [LOGIN]))
        .map((each) => each.text)
        .join(),
    ).not.toContain("s".repeat(13));
  });

  it("have an expectation for each state of the provider and of the visitor", () => {
    const texts = (["here", "away"] as const).flatMap((provider) =>
      [viewAt(0, [LOGIN]).flow, undefined].map((flow) => expectation({ ...viewAt(0, [LOGIN]), provider, flow })),
    );
    expect(new Set(texts).size).toBe(4);
  });
});
