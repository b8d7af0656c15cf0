/** @quick */
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { forgeToken, idOf } from "../../support/node/forge.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { startSite } from "../../support/node/site.ts";

const origin = await startOrigin("a");
const site = await startSite([origin], { explain: true });
const { keys } = site.moor;
const victim = site.client();
await victim.ask("/?login=alice&set=basket:apples");
const genuine = victim.token ?? "";
const key = Buffer.from(genuine, "base64url").subarray(2, 18);
const proof = victim.cookies.get("__Host-moor-gen") ?? "";
afterAll(async () => {
  await site.stop();
  await origin.kill();
});

const stranger = site.client();

/** The outcome of a request with this token and the victim's proof. */
async function present(token: string) {
  const headers = { Cookie: `__Host-moor=${token}; __Host-moor-gen=${proof}` };
  const { told, headers: answered } = await stranger.send("/", { headers });
  return { session: told.session, source: /session=(\w+)/.exec(String(answered["server-timing"]))?.[1] };
}

/** Presents every token, and returns the tokens that Moor has taken for valid. */
async function taken(tokens: readonly string[]): Promise<string[]> {
  const outcomes = await Promise.all(tokens.map(present));
  return tokens.filter((_, index) => outcomes[index]?.source !== "none" || "sid" in (outcomes[index]?.session ?? {}));
}

describe("a genuine token", () => {
  it("has its session, and reaches the store", async () => {
    expect(await present(genuine)).toMatchObject({
      source: "object",
      session: { sub: "alice", data: { basket: "apples" } },
    });
  });

  it("is laid out as the design says: a token written without Moor's code is accepted", async () => {
    expect(await present(forgeToken(keys))).toMatchObject({ source: "new" });
    expect(await present(forgeToken(keys, { key, version: 1 }))).toMatchObject({ session: { sub: "alice" } });
  });

  it("of a session that is nowhere is looked for in the store: so the counts below would show a look", async () => {
    const before = await site.moor.storedSessions();
    expect(await present(forgeToken(keys, { version: 7 }))).toMatchObject({ session: { new: true } });
    expect(await site.moor.storedSessions()).toHaveLength(before.length + 1);
  });
});

describe("no session and no look into a store result from a token", () => {
  let stored: string[];
  beforeAll(async () => {
    stored = await site.moor.storedSessions();
  });
  afterAll(async () => {
    expect(await site.moor.storedSessions()).toEqual(stored);
  });

  it("that is cut, at any length", async () => {
    const cut = Array.from({ length: genuine.length }, (_, length) => genuine.slice(0, length));
    expect(await taken(cut)).toEqual([]);
    expect(await taken(cut.map((_, length) => genuine.slice(-length || genuine.length, -1)))).toEqual([]);
  });

  it("with any single bit turned", async () => {
    const turned = Array.from({ length: 63 * 8 }, (_, bit) => {
      const bytes = Buffer.from(genuine, "base64url");
      bytes.writeUInt8(bytes.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      return bytes.toString("base64url");
    });
    expect(await taken(turned)).toEqual([]);
  });

  it("that is written in any other way, though it decodes to the same bytes", async () => {
    const spaced = [1, 42, 83].map((at) => `${genuine.slice(0, at)} ${genuine.slice(at)}`);
    const others = [`${genuine}=`, `${genuine}==`, `${genuine}A`, `"${genuine}"`, `${genuine}%3D`, ...spaced];
    expect(await taken([...others, genuine + proof, genuine + genuine])).toEqual([]);
  });

  it("that is written in the other alphabet of base64", async () => {
    const unused = forgeToken(keys, { key: Buffer.alloc(16, 0xff) });
    const other = Buffer.from(unused, "base64url").toString("base64");
    expect(other).not.toBe(unused);
    expect(await taken([unused, other])).toEqual([unused]);
  });

  it("that is signed by another secret, or not at all", async () => {
    const unsigned = Buffer.from(genuine, "base64url").fill(0, 47).toString("base64url");
    const other = Buffer.from(forgeToken(keys), "base64url").subarray(47);
    const borrowed = Buffer.concat([Buffer.from(genuine, "base64url").subarray(0, 47), other]).toString("base64url");
    expect(await taken([unsigned, borrowed, forgeToken(keys, { key, version: 1, secret: randomBytes(32) })])).toEqual(
      [],
    );
  });

  it.each([0, 2, 255])("that names key %i, which is not in the ring", async (signingKey) => {
    expect(await taken([forgeToken(keys, { key, version: 1, signingKey })])).toEqual([]);
  });

  it.each([0, 2, 255])("of format %i, though it is signed", async (format) => {
    expect(await taken([forgeToken(keys, { key, version: 1, format })])).toEqual([]);
  });

  it("that has expired, were it by a second", async () => {
    const bornAt = Date.now() - 3_600_000;
    const expired = [1, 60, 3_000].map((seconds) =>
      forgeToken(keys, { key, bornAt, version: 1, expiresAt: Date.now() - seconds * 1000 }),
    );
    expect(await taken([...expired, forgeToken(keys, { bornAt, expiresAt: Date.now() - 1000 })])).toEqual([]);
  });

  it("that is malformed", async () => {
    const none = ["", ".", "null", "%00", "../../etc/passwd", "é", "A".repeat(84), "A".repeat(141), "A".repeat(8000)];
    expect(await taken(none)).toEqual([]);
  });

  it("that travels under a name that is not read on https", async () => {
    const headers = { Cookie: `moor=${genuine}; moor-gen=${proof}; __host-moor=${genuine}; __Secure-moor=${genuine}` };
    expect((await stranger.send("/", { headers })).told.session).not.toHaveProperty("sid");
  });

  it("that travels in a header or in the URL", async () => {
    const headers = { Authorization: `Bearer ${genuine}`, "X-Moor": genuine };
    const { told } = await stranger.send(`/?moor=${genuine};moor=${genuine}`, { headers });
    expect(told.session).not.toHaveProperty("sid");
  });
});

describe("a change that comes with a forged token", () => {
  it("founds a session of its own, and not the session that the token names", async () => {
    const forged = forgeToken(keys, { secret: randomBytes(32) });
    const thief = site.client([["__Host-moor", forged]]);
    await thief.ask("/?set=basket:stones");
    const { session } = (await thief.ask("/")).told;
    expect(session.data).toEqual({ basket: "stones" });
    expect(session.sid).not.toBe(idOf(forged));
  });
});

it("keeps keys, tokens, principals and attributes out of the log", () => {
  expect(site.indiscretions("alice", "apples", "stones")).toEqual([]);
});
