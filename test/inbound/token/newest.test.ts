import { describe, expect, it } from "vitest";
import { openNewest } from "../../../src/inbound/token/newest.ts";
import { createTokens } from "../../../src/inbound/token/tokens.ts";
import { macRing } from "../../support/rings.ts";

const NOW = Date.UTC(2026, 11, 1);
const tokens = createTokens(macRing(1));
const open = (credentials: Parameters<typeof tokens.open>[0]) => tokens.open(credentials, NOW + 10_000);

async function bornAt(ms: number, version = 1) {
  const token = { ...(await tokens.mint(NOW + ms, 3_600_000, 0)), version };
  const { token: text } = await tokens.sign(token, { proof: false });
  return { id: token.id, text };
}
const credentials = (token: string, ...others: string[]) => ({ token, proof: "", marks: [], others });

describe("of several tokens", () => {
  it("that of the session which was born last counts, in any order, and the others are older", async () => {
    const [first, second, third] = [await bornAt(0), await bornAt(2_000), await bornAt(4_000)];
    for (const texts of [
      [first, third, second],
      [third, first, second],
      [second, first, third],
    ]) {
      const [text = "", ...others] = texts.map((one) => one.text);
      const opened = await openNewest(credentials(text, ...others), open);
      expect(opened?.id).toBe(third.id);
      expect(new Set(opened?.older)).toEqual(new Set([first.id, second.id]));
    }
  });

  it("that of a session which is stored nowhere counts if there is no other", async () => {
    const [stored, fresh] = [await bornAt(0), await bornAt(4_000, 0)];
    expect(await openNewest(credentials(fresh.text, stored.text), open)).toMatchObject({ id: stored.id });
  });

  it("texts that do not open count for nothing, and their cookies are left alone", async () => {
    const only = await bornAt(0);
    expect(await openNewest(credentials("junk", only.text), open)).toMatchObject({ id: only.id, older: [] });
    expect(await openNewest(credentials("junk", "more"), open)).toBeUndefined();
  });

  it("a single one is opened as it is", async () => {
    const only = await bornAt(0);
    expect(await openNewest(credentials(only.text), open)).not.toHaveProperty("older");
  });
});
