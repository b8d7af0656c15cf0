import { describe, expect, it } from "vitest";
import type { RetryCondition } from "../../../src/config/types.ts";
import { createRetries } from "../../../src/upstream/send/retries.ts";
import { retriesOf, routeOf } from "../../support/pools.ts";

describe("a request is sent again after a lost connection", () => {
  it.each<[string, HeadersInit, RetryCondition[], boolean]>([
    ["GET", {}, ["reset"], true],
    ["HEAD", {}, ["reset"], true],
    ["OPTIONS", {}, ["reset"], true],
    ["PUT", {}, ["reset"], true],
    ["DELETE", {}, ["reset"], true],
    ["POST", {}, ["reset"], false],
    ["PATCH", {}, ["reset"], false],
    ["REPORT", {}, ["reset"], false],
    ["POST", { "Idempotency-Key": "7" }, ["reset"], true],
    ["POST", {}, ["reset", "non-idempotent"], true],
    ["POST", {}, ["non-idempotent"], false],
    ["GET", {}, ["connect-failure"], false],
    ["GET", { Upgrade: "websocket" }, ["reset", "non-idempotent"], false],
  ])("%s with %o on a route that says %o: %s", (method, headers, retryOn, expected) => {
    expect(retriesOf({ retryOn }, { method, headers }).lost).toBe(expected);
  });
});

describe("a request of which nothing was sent is sent again", () => {
  it.each<[string, HeadersInit, RetryCondition[], boolean]>([
    ["GET", {}, ["connect-failure"], true],
    ["POST", {}, ["connect-failure"], true],
    ["GET", { Upgrade: "websocket" }, ["connect-failure"], true],
    ["GET", {}, ["reset"], false],
  ])("%s with %o on a route that says %o: %s", (method, headers, retryOn, expected) => {
    expect(retriesOf({ retryOn }, { method, headers }).unsent).toBe(expected);
  });

  it("unless its body streams: that can be read once", () => {
    const retries = createRetries(routeOf())(new Request("https://shop.test/"), new ReadableStream());
    expect([retries.unsent, retries.lost, retries.timeout]).toEqual([false, false, "never"]);
  });
});

describe("a late request is sent again", () => {
  it.each<[RetryCondition[], string, string]>([
    [["reset"], "GET", "if-silent"],
    [["reset", "timeout"], "GET", "always"],
    [["timeout"], "GET", "always"],
    [["connect-failure"], "GET", "never"],
    [["reset", "timeout"], "POST", "never"],
    [["timeout", "non-idempotent"], "POST", "always"],
  ])("on a route that says %o, a %s: %s", (retryOn, method, expected) => {
    expect(retriesOf({ retryOn }, { method }).timeout).toBe(expected);
  });
});
