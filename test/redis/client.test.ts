import { afterEach, describe, expect, it, vi } from "vitest";
import { createRedisClient } from "../../src/redis/client.ts";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const client = createRedisClient({ url: "https://redis.test", token: "secret", deadlineMs: 1_000 });

describe("a client of the REST protocol", () => {
  it("follows no redirect, which would take the token and the session to another address", async () => {
    const asked: RequestInit[] = [];
    vi.stubGlobal("fetch", async (_url: string, init: RequestInit) => {
      asked.push(init);
      return new Response("", { status: 302, headers: { Location: "https://evil.test" } });
    });
    await expect(client.run(["TIME"])).rejects.toMatchObject({ code: "unreadable" });
    expect(asked).toMatchObject([{ redirect: "manual", method: "POST" }]);
  });

  it.each<[string, string[], string[]]>([
    ["with keys and arguments", ["key"], ["1", 'an "argument"']],
    ["alone", [], []],
  ])("sends a script %s as one array of JSON, each time", async (_, keys, args) => {
    const bodies: unknown[] = [];
    vi.stubGlobal("fetch", async (_url: string, { body }: RequestInit) => {
      bodies.push(JSON.parse(body as string));
      return Response.json({ result: 1 });
    });
    const script = 'return "a line"\n';
    const sent = ["eval", script, String(keys.length), ...keys, ...args];
    expect(await client.eval(script, keys, args)).toBe(1);
    await client.eval(script, keys, args);
    expect(bodies).toEqual([sent, sent]);
  });

  it("gives up a command at its deadline", async () => {
    vi.useFakeTimers();
    vi.stubGlobal(
      "fetch",
      (_url: string, { signal }: RequestInit) =>
        new Promise((_, reject) => signal?.addEventListener("abort", () => reject(new Error("aborted")))),
    );
    const fault = client.run(["TIME"]).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await fault).toMatchObject({ code: "timeout" });
    expect(vi.getTimerCount()).toBe(0);
  });

  it("tells no address and no token by a fault", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new Error("cannot reach redis.test with secret")));
    const fault = await client.run(["TIME"]).catch((error: unknown) => error);
    expect(fault).toMatchObject({ code: "no-answer", message: "no usable answer came from Redis" });
    expect(fault).not.toHaveProperty("cause");
  });
});
