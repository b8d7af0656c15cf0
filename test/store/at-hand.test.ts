import { beforeEach, describe, expect, it } from "vitest";
import type { OpenedToken } from "../../src/inbound/token/tokens.ts";
import type { ResolveOptions } from "../../src/store/tiers.ts";
import { copyOf, openedToken, refTo } from "../support/sessions.ts";
import { T0 } from "../support/time.ts";
import { fresh, NOW, renewStores, stores } from "./answering-stores.ts";

beforeEach(renewStores);

describe("memory answers at hand", () => {
  const atHand = (token: Partial<OpenedToken> = {}, options: Partial<ResolveOptions> = {}) =>
    stores.tiers.atHand(refTo("s", NOW), openedToken(token), {
      strict: false,
      onStale: "refuse",
      now: NOW,
      ...options,
    });

  it("with a copy that is fresh, and no other store is asked", () => {
    stores.memory.keep(fresh());
    expect(atHand()).toMatchObject({ kind: "hit", source: "memory", passed: [] });
    expect(stores.asked).toEqual([]);
  });

  it("not with a copy that is too old, or older than what the client has seen", () => {
    stores.memory.keep(fresh());
    expect(atHand({}, { now: NOW + 60_000 })).toBeUndefined();
    expect(atHand({ version: 9 })).toBeUndefined();
  });

  it("not with a copy that may lack a change in the journal", () => {
    stores.memory.keep(fresh());
    stores.journaledAt = NOW;
    expect(atHand()).toBeUndefined();
  });

  it("not on a strict route", () => {
    stores.memory.keep(fresh());
    expect(atHand({}, { strict: true })).toBeUndefined();
  });

  it("with an end", () => {
    stores.memory.keep(copyOf("s", { version: 9, ended: { at: T0, reason: "ended" } }));
    expect(atHand()).toMatchObject({ kind: "ended", source: "memory" });
  });
});
