import { describe, expect, it } from "vitest";
import { FAILURES, type FailureCode, failureResponse } from "../src/errors.ts";

const codes = Object.keys(FAILURES) as FailureCode[];
const asking = (accept: string | undefined, method = "GET") =>
  new Request("https://shop.test/", { method, headers: accept === undefined ? {} : { Accept: accept } });

describe("a failure", () => {
  it.each<[FailureCode, number]>([
    ["bad_request", 400],
    ["method_not_supported", 405],
    ["too_many_sessions", 403],
    ["no_route", 404],
    ["session_ended", 409],
    ["too_many_new_sessions", 429],
    ["lock_lost", 409],
    ["not_configured", 500],
    ["internal_error", 500],
    ["origin_unreachable", 502],
    ["origin_change_refused", 502],
    ["session_unavailable", 503],
    ["lock_timeout", 503],
    ["origin_timeout", 504],
  ])("%s has status %i", (code, status) => expect(failureResponse(code, asking("*/*")).status).toBe(status));

  it.each(codes)("%s identifies itself to a program, as problem details", async (code) => {
    const response = failureResponse(code, asking("application/json"));
    expect(response.headers.get("Content-Type")).toBe("application/problem+json");
    expect(await response.json()).toEqual({ type: "about:blank", code, ...FAILURES[code] });
  });

  it.each(codes)("%s tells a person, on a page", async (code) => {
    const response = failureResponse(code, asking("text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"));
    expect(response.headers.get("Content-Type")).toBe("text/html; charset=utf-8");
    const page = await response.text();
    expect(page).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(page).toContain(FAILURES[code].title);
  });

  it.each([undefined, "", "*/*", "image/png"])("is problem details for a client that accepts %o", (accept) => {
    expect(failureResponse("no_route", asking(accept)).headers.get("Content-Type")).toBe("application/problem+json");
  });

  it.each(["text/html", "application/json"])("has no body for HEAD, but its headers: %s", async (accept) => {
    const [head, get] = ["HEAD", "GET"].map((method) => failureResponse("origin_timeout", asking(accept, method)));
    expect(head?.body).toBeNull();
    expect([...(head?.headers ?? [])]).toEqual([...(get?.headers ?? [])]);
  });

  it.each(codes)("%s is never stored, and never sniffed for another type", (code) => {
    const { headers } = failureResponse(code, asking("*/*"));
    expect(headers.get("Cache-Control")).toBe("no-store");
    expect(headers.get("X-Content-Type-Options")).toBe("nosniff");
  });

  it("says when to try again if it will pass by itself, and only then", () => {
    const again = codes.filter((code) => failureResponse(code, asking("*/*")).headers.has("Retry-After"));
    const passing = codes.filter((code) => FAILURES[code].status >= 502 || FAILURES[code].status === 429);
    expect(again.sort()).toEqual(passing.sort());
    expect(failureResponse("too_many_new_sessions", asking("*/*")).headers.get("Retry-After")).toBe("60");
    expect(failureResponse("origin_timeout", asking("*/*")).headers.get("Retry-After")).toBe("2");
  });

  it("include the id of the request in the log, if they are told the id", async () => {
    const requestId = "8f2c0d9a7b6e5f41-FRA";
    const page = await failureResponse("origin_timeout", asking("text/html"), { requestId }).text();
    expect(page).toContain(`(504, ${requestId})`);
    const details = failureResponse("origin_timeout", asking("*/*"), { requestId });
    expect(await details.json()).toMatchObject({ status: 504, request: requestId });
    expect(await failureResponse("origin_timeout", asking("*/*")).text()).not.toContain("request");
  });

  it("may be the site's own, when nothing behind Moor could answer", async () => {
    const own = "<p>Back soon</p>";
    const textOf = (code: FailureCode, accept: string) =>
      failureResponse(code, asking(accept), { errorPage: own }).text();
    for (const code of ["origin_unreachable", "session_unavailable", "origin_timeout"] as const) {
      expect(await textOf(code, "text/html")).toBe(own);
      expect(await textOf(code, "application/json")).not.toContain(own);
    }
    expect(await textOf("no_route", "text/html")).not.toContain(own);
  });
});
