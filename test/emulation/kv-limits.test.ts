import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { realClock } from "../../emulation/clock.ts";
import { createDistantKv, type LocalKv } from "../../emulation/distant-kv.ts";
import { faultOf } from "./passing-time.ts";

const soon = () => Math.floor(Date.now() / 1000) + 30;
const long = "k".repeat(513);
const refused: [what: string, call: (kv: LocalKv) => Promise<unknown>, type: string, message: string | RegExp][] = [
  ["an empty key", (kv) => kv.get(""), "TypeError", "Key name cannot be empty."],
  ["a key of one point", (kv) => kv.put(".", "v"), "TypeError", '"." is not allowed as a key name.'],
  ["a key of two points", (kv) => kv.delete(".."), "TypeError", '".." is not allowed as a key name.'],
  ...(["get", "put", "delete"] as const).map((operation): (typeof refused)[number] => [
    `a long key to ${operation}`,
    (kv) => (operation === "put" ? kv.put(long, "v") : kv[operation](long)),
    "Error",
    `KV ${operation.toUpperCase()} failed: 414 UTF-8 encoded length of 513 exceeds key length limit of 512.`,
  ]),
  [
    "a key that is long in UTF-8",
    (kv) => kv.get("ä".repeat(257)),
    "Error",
    "KV GET failed: 414 UTF-8 encoded length of 514 exceeds key length limit of 512.",
  ],
  [
    "a short cache",
    (kv) => kv.get("k", { type: "text", cacheTtl: 29 }),
    "Error",
    "KV GET failed: 400 Invalid cache_ttl of 29. Cache TTL must be at least 30.",
  ],
  [
    "a short life",
    (kv) => kv.put("k", "v", { expirationTtl: 59 }),
    "Error",
    "KV PUT failed: 400 Invalid expiration_ttl of 59. Expiration TTL must be at least 60.",
  ],
  [
    "no life",
    (kv) => kv.put("k", "v", { expirationTtl: 0 }),
    "Error",
    "KV PUT failed: 400 Invalid expiration_ttl of 0. Please specify integer greater than 0.",
  ],
  [
    "an end that is near",
    (kv) => kv.put("k", "v", { expiration: soon() }),
    "Error",
    /^KV PUT failed: 400 Invalid expiration of \d+\. Expiration times must be at least 60 seconds in the future\.$/,
  ],
  [
    "an end that has passed",
    (kv) => kv.put("k", "v", { expiration: 1 }),
    "Error",
    "KV PUT failed: 400 Invalid expiration of 1. Please specify integer greater than the current number of seconds since the UNIX epoch.",
  ],
  [
    "a large value",
    (kv) => kv.put("k", "v".repeat(25 * 1024 * 1024 + 1)),
    "Error",
    "KV PUT failed: 413 Value length of 26214401 exceeds limit of 26214400.",
  ],
];

const namespaces = {
  "the real namespace": (env as unknown as { SESSION_REPLICAS: LocalKv }).SESSION_REPLICAS,
  "the namespace with distance": createDistantKv({ clock: realClock, random: () => 0 }).at("fra"),
};

describe.each(Object.entries(namespaces))("%s", (_name, kv) => {
  it.each(refused)("refuses %s", async (_what, call, type, message) => {
    expect(await faultOf(call(kv))).toEqual({
      type,
      message: typeof message === "string" ? message : expect.stringMatching(message),
      own: {},
    });
  });

  it("takes a value that is just within its limits", async () => {
    const key = "ä".repeat(256);
    await kv.put(key, "value", { expirationTtl: 60 });
    expect(await kv.get(key, { type: "text", cacheTtl: 30 })).toBe("value");
    expect(await kv.get(key, "text")).toBe("value");
    await kv.put("until", "value", { expiration: Math.floor(Date.now() / 1000) + 61 });
    expect(await kv.get("until")).toBe("value");
  });

  it("prefers a time to live to an end", async () => {
    await kv.put("both", "value", { expiration: 1, expirationTtl: 60 });
    expect(await kv.get("both")).toBe("value");
  });
});
