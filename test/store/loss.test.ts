import { beforeEach, describe, expect, it } from "vitest";
import type { OpenedToken } from "../../src/inbound/token/tokens.ts";
import { lossOf } from "../../src/store/loss.ts";
import { copyOf } from "../support/sessions.ts";
import { T0 } from "../support/time.ts";
import { fresh, renewStores, resolve, stores } from "./answering-stores.ts";

const HOUR_MS = 3_600_000;
const STORE = { arrivedAt: T0, store: "rows" };
/** A token that tells of a version, and is good for as long as that. */
const token = (version: number, lifeMs = HOUR_MS) => ({ version, expiresAt: T0 + lifeMs }) as OpenedToken;

describe("the loss that an answer proves", () => {
  it("is a set-back if the store says that it was older than the token", () => {
    const answer = { kind: "hit", copy: copyOf("s"), setBack: true } as const;
    expect(lossOf(answer, token(1), STORE)).toEqual({ loss: { kind: "set-back", store: "rows" } });
    expect(lossOf({ kind: "hit", copy: copyOf("s") }, token(1), STORE)).toEqual({});
  });

  it("is a lost session if the store has neither its record nor its tombstone, though a token tells of a version", () => {
    const loss = { kind: "lost", store: "rows" };
    expect(lossOf({ kind: "miss" }, token(1), STORE)).toEqual({ loss });
    expect(lossOf({ kind: "ended", missing: true }, token(1), STORE)).toEqual({ loss });
  });

  it("is none for a session that has ended, or was never stored", () => {
    expect(lossOf({ kind: "ended" }, token(1), STORE)).toEqual({});
    expect(lossOf({ kind: "ended", tombstone: copyOf("s") }, token(1), STORE)).toEqual({});
    expect(lossOf({ kind: "miss" }, token(0), STORE)).toEqual({});
  });

  it("is none in the last minute of a token, when the tombstone may be freed", () => {
    expect(lossOf({ kind: "miss" }, token(1, 60_000), STORE)).toEqual({});
    expect(lossOf({ kind: "miss" }, token(1, 60_001), STORE)).toHaveProperty("loss");
  });
});

describe("the session of a store that was set back", () => {
  beforeEach(renewStores);

  it("is served as stale, or refused once: the store has healed it", async () => {
    stores.answers.object = { kind: "hit", copy: fresh(), setBack: true };
    expect(await resolve({ version: 1 }, { onStale: "serve" })).toMatchObject({
      kind: "hit",
      stale: true,
      setBack: true,
    });
    expect(await resolve({ version: 1 }, { onStale: "refuse", strict: true })).toMatchObject({
      kind: "unavailable",
      setBack: true,
      cause: { message: "the store was set back" },
    });
  });
});
