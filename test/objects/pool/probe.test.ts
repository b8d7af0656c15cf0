import { describe, expect, it } from "vitest";
import type { ResolvedHealthCheck } from "../../../src/config/resolved.ts";
import { probe } from "../../../src/objects/pool/probe.ts";
import type { Reach } from "../../../src/upstream/send/reach.ts";
import { HEALTH_CHECK } from "../../support/pools.ts";

const asked = (respond: () => Response | Promise<Response>, check: Partial<ResolvedHealthCheck> = {}) =>
  probe(async () => respond(), { ...HEALTH_CHECK, ...check });

describe("a probe", () => {
  it("asks for its path as no visitor does, follows no redirect and reads no cache", async () => {
    let sent: [string, RequestInit] | undefined;
    const reach: Reach = async (target, init) => {
      sent = [target, init];
      return new Response("ok");
    };
    expect(await probe(reach, HEALTH_CHECK)).toEqual({ kind: "passed", status: 200 });
    const [target, init] = sent ?? [];
    expect(target).toBe("/health");
    expect(init).toMatchObject({ redirect: "manual", cache: "no-store" });
    expect(init?.headers).toEqual({ "User-Agent": "Moor-Health-Check", "X-Forwarded-Proto": "https" });
  });

  it.each<[number, { start: number; end: number }[], string]>([
    [200, [{ start: 200, end: 201 }], "passed"],
    [201, [{ start: 200, end: 201 }], "status"],
    [302, [{ start: 200, end: 201 }], "status"],
    [500, [{ start: 200, end: 400 }], "status"],
    [399, [{ start: 200, end: 400 }], "passed"],
    [400, [{ start: 200, end: 400 }], "status"],
    [
      503,
      [
        { start: 200, end: 300 },
        { start: 503, end: 504 },
      ],
      "passed",
    ],
  ])("that meets %i, with %j expected: %s", async (status, expectedStatuses, kind) => {
    const answer = () => new Response("", { status, headers: { Location: "/elsewhere" } });
    expect(await asked(answer, { expectedStatuses })).toEqual({ kind, status });
  });

  it.each<[string, BodyInit | null, string]>([
    ["holds it", "all is wéll here", "passed"],
    ["does not", "all is well here", "body"],
    ["comes in pieces, within a character too", pieces("all is w", "\xc3", "\xa9ll"), "passed"],
    ["has it at the end of what is read", `${"x".repeat(16_384 - 5)}wéll`, "passed"],
    ["has it behind that", `${"x".repeat(16_384)}wéll`, "body"],
    ["has it behind that in one piece", pieces("x".repeat(16_000), `${"x".repeat(384)}w\xc3\xa9ll`), "body"],
    ["is none", null, "body"],
  ])("looks for what is expected in a body that %s", async (_what, body, kind) => {
    expect(await asked(() => new Response(body), { expectedBody: "wéll" })).toEqual({ kind, status: 200 });
  });

  it.each<[string, Partial<ResolvedHealthCheck>, number, string]>([
    ["that nobody looks at", {}, 200, "passed"],
    ["of another status", { expectedBody: "never" }, 500, "status"],
    ["that goes on for ever", { expectedBody: "never" }, 200, "body"],
    ["that has told what is expected", { expectedBody: "xx" }, 200, "passed"],
  ])("breaks off a body %s", async (_what, check, status, kind) => {
    const cancelled = Promise.withResolvers<void>();
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new TextEncoder().encode("x".repeat(1_000))),
      cancel: () => cancelled.resolve(),
    });
    expect(await asked(() => new Response(body, { status }), check)).toEqual({ kind, status });
    await cancelled.promise;
  });

  it("is lost when there is no connection, or when the body breaks off", async () => {
    const broken = new ReadableStream({
      pull: (controller) => controller.error(new Error("Network connection lost.")),
    });
    expect(await asked(() => Promise.reject(new Error("Network connection lost.")))).toEqual({ kind: "lost" });
    expect(await asked(() => new Response(broken), { expectedBody: "well" })).toEqual({ kind: "lost" });
  });
});

/** A body in these pieces, as Latin-1. */
function pieces(...texts: string[]): ReadableStream<Uint8Array> {
  const left = texts.values();
  return new ReadableStream({
    pull(controller) {
      const { value, done } = left.next();
      if (done) controller.close();
      else controller.enqueue(Uint8Array.from(value, (letter) => letter.charCodeAt(0)));
    },
  });
}
