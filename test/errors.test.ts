import { describe, expect, it } from "vitest";
import { FAILURES, type FailureCode, failureResponse } from "../src/errors.ts";

const codes = Object.keys(FAILURES) as FailureCode[];
const asking = (accept: string | undefined, method = "GET") =>
  new Request("https://shop.test/", { method, headers: accept === undefined ? {} : { Accept: accept } });

describe("a failure", () => {
  it.each<[FailureCode, number]>([
    ["bad_request", 400],
    ["method_not_supported", 405],
    ["no_route", 404],
    ["session_ended", 409],
    ["not_configured", 500],
    ["internal_error", 500],
    ["origin_unreachable", 502],
    ["origin_change_refused", 502],
    ["session_unavailable", 503],
    ["origin_timeout", 504],
  ])("%s has status %i", (code, status) => expect(failureResponse(code, asking("*/*")).status).toBe(status));

  it.each(codes)("%s tells a program what it is, as problem details", async (code) => {
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

  it.each([undefined, "", "*/*", "image/png"])("is problem details for who accepts %o", (accept) => {
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
    expect(again.sort()).toEqual(codes.filter((code) => FAILURES[code].status >= 502).sort());
    expect(failureResponse("origin_timeout", asking("*/*")).headers.get("Retry-After")).toBe("2");
  });
});
