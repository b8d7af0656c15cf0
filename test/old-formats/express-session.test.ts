import { describe, expect, it } from "vitest";
import { deriveExpressKey } from "../../src/old-formats/derive.ts";
import { createExpressReader } from "../../src/old-formats/express-session.ts";
import { readKeys } from "../../src/old-formats/keys.ts";
import type { OldStore, StoredOld } from "../../src/old-formats/old-store.ts";
import { changedCharacters } from "./forged.ts";
import made from "./vectors/express-session.json" with { type: "json" };

const { negatives, vectors } = made;
const NOW = 1_796_000_000_000;
const [plain] = vectors;

/** A store that holds one text under each id, and counts how often it is asked. */
function storeOf(text: string, found: Partial<StoredOld> = {}): OldStore & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    async read(id) {
      asked.push(id);
      return { kind: "found", text, expiresAt: NOW + 1_000, ...found } as StoredOld;
    },
    end: async () => ({ kind: "done" }),
  };
}

function readerOf(secrets: readonly string[], store: OldStore) {
  const text = secrets.map((secret, nth) => `${nth + 1}:${deriveExpressKey(secret)}`).join(",");
  return createExpressReader(readKeys(text, "MOOR_EXPRESS_KEYS", "express", [64]), store);
}

const NAMES = ["connect.sid", "sid"];

describe("a cookie of express-session", () => {
  it.each(vectors)("opens its session: $name", async ({ cookieHeader, secrets, sid, redisValue, read }) => {
    const store = storeOf(redisValue);
    const opened = await readerOf(secrets, store).read(`theme=dark; ${cookieHeader}`, NAMES, NOW);
    const { cookie: _, ...values } = read as Record<string, unknown>;
    expect(opened).toEqual({ kind: "session", id: sid, values, expiresAt: NOW + 1_000 });
    expect(store.asked).toEqual([sid]);
  });

  it.each(negatives)("is refused as the framework refuses it, and reaches no store: $why", async (negative) => {
    const store = storeOf("{}");
    const reader = readerOf("secrets" in negative ? (negative.secrets as string[]) : plain!.secrets, store);
    expect(await reader.read(negative.cookie, NAMES, NOW)).toEqual({ kind: "none" });
    expect(store.asked).toEqual([]);
  });

  it("is refused with each of its characters forged, and reaches no store", async () => {
    const store = storeOf("{}");
    const reader = readerOf(plain!.secrets, store);
    const text = decodeURIComponent(plain!.cookieHeader.slice("connect.sid=".length));
    for (const forged of changedCharacters(text)) {
      const header = `connect.sid=${encodeURIComponent(forged)}`;
      expect(await reader.read(header, NAMES, NOW), forged).toEqual({ kind: "none" });
    }
    expect(store.asked).toEqual([]);
  });

  it.each([
    ["longer than a megabyte", `{"a":"${"x".repeat(1_048_576)}"}`, /longer than/],
    ["not JSON", "O:8:stdClass", /not JSON/],
    ["a list", "[1]", /not an object/],
    ["null", "null", /not an object/],
  ])("opens nothing if the stored session is %s", async (_name, text, reason) => {
    const opened = await readerOf(plain!.secrets, storeOf(text)).read(plain!.cookieHeader, NAMES, NOW);
    expect(opened).toMatchObject({ kind: "unreadable", reason: expect.stringMatching(reason) });
  });

  it("says that a store is away, and not that there is no session", async () => {
    const away = { kind: "unavailable", cause: new Error("away") } as const;
    const reader = readerOf(plain!.secrets, storeOf("", away as unknown as StoredOld));
    expect(await reader.read(plain!.cookieHeader, NAMES, NOW)).toMatchObject({ kind: "unavailable" });
  });
});

describe("the id of a session of express-session", () => {
  const secret = "keyboard cat";

  async function idOf(id: string): Promise<string | undefined> {
    const key = await crypto.subtle.importKey(
      "raw",
      new TextEncoder().encode(secret),
      { name: "HMAC", hash: "SHA-256" },
      false,
      ["sign"],
    );
    const mac = new Uint8Array(await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(id)));
    const signature = btoa(String.fromCharCode(...mac)).replace(/=+$/, "");
    const header = `sid=${encodeURIComponent(`s:${id}.${signature}`)}`;
    const read = await readerOf([secret], storeOf("{}")).read(header, NAMES, NOW);
    expect(read.kind).toBe("session");
    return read.kind === "session" ? read.id : undefined;
  }

  it.each(["MUAcMsNIx1P2Q8kNvNLpzRW9szQhdB24", "7bb3e2e4-2893-418e-8334-1b808faf5a15", "00ff".repeat(8)])(
    "founds the session's own if it is random: %s",
    async (id) => expect(await idOf(id)).toBe(id),
  );

  it.each(["user-1", "1796000000000-0000000000-alice", "alice@shop.test:2026-11-29T10:16:13Z"])(
    "counts for nothing if its form is not one of 96 random bits: %s",
    async (id) => expect(await idOf(id)).toBeUndefined(),
  );
});
