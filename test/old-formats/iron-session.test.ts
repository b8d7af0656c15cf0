import { describe, expect, it } from "vitest";
import { deriveIronKey } from "../../src/old-formats/derive.ts";
import { createIronReader } from "../../src/old-formats/iron-session.ts";
import { readKeys } from "../../src/old-formats/keys.ts";
import { changedCharacters } from "./forged.ts";
import made from "./vectors/iron-session.json" with { type: "json" };

const { chunked, madeAt, vectors } = made;
const MADE_AT = Date.parse(madeAt);
const NAMES = ["other", "app"];
type Password = string | Readonly<Record<string, string>>;

function readerOf(password: Password) {
  const passwords = typeof password === "string" ? { 1: password } : password;
  const text = Object.entries(passwords).map(([id, each]) => `${id}:${deriveIronKey(each)}`);
  return createIronReader(readKeys(text.join(","), "MOOR_IRON_KEYS", "iron-session", [40]));
}
const read = (password: Password, seal: string, now = MADE_AT) => readerOf(password).read(`app=${seal}`, NAMES, now);
const expiryOf = (seal: string) => Number(seal.split("*")[5]);

describe("a seal of iron-session", () => {
  it.each(vectors.slice(0, 3))("opens its session, which has no id: $name", async ({ password, seal, data, ttl }) => {
    expect(await read(password as Password, seal)).toEqual({
      kind: "session",
      values: data,
      ...(ttl !== 0 && { expiresAt: expiryOf(seal) }),
    });
  });

  it("is good for a minute after its expiry, as the library allows, and not longer", async () => {
    const { password, seal } = vectors[0]!;
    const end = expiryOf(seal) + 60_000;
    expect(await read(password as Password, seal, end - 1)).toMatchObject({ kind: "session" });
    expect(await read(password as Password, seal, end)).toEqual({ kind: "none" });
  });

  it("is joined from the chunks of its cookie", async () => {
    const header = chunked.cookies.map(([name, value]) => `${name}=${value}`).reverse();
    const opened = await readerOf(chunked.password).read(header.join("; "), NAMES, MADE_AT);
    expect(opened).toMatchObject({ kind: "session", values: { user: "alice", big: "x".repeat(9_000) } });
    const torn = await readerOf(chunked.password).read(header.slice(1).join("; "), NAMES, MADE_AT);
    expect(torn).toEqual({ kind: "none" });
  });

  it("opens nothing by another password, and nothing by the right password under another id", async () => {
    const { seal, password } = vectors[0]!;
    expect(await read("another password of thirty-two characters", seal)).toEqual({ kind: "none" });
    expect(await read({ 2: password as string }, seal)).toEqual({ kind: "none" });
  });

  it("is refused with each of its characters forged, but for the version, which counts for nothing", async () => {
    const { password, seal } = vectors[0]!;
    const [signed = ""] = seal.split("~");
    const reader = readerOf(password as Password);
    for (const forged of changedCharacters(signed)) {
      if (forged.startsWith(`${signed}~`)) continue;
      expect(await reader.read(`app=${forged}`, NAMES, MADE_AT), forged).toEqual({ kind: "none" });
    }
    expect(await read(password as Password, `${signed}~9`)).toMatchObject({ kind: "session" });
  });
});
