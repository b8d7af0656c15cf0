import type { KeyRing } from "../inbound/token/key-ring.ts";
import type { Log } from "../log.ts";
import type { RowStore } from "../row-stores/row-store.ts";
import { isOneSessions } from "../store/guarded.ts";
import { sealedTextsBeginWith } from "../store/seal.ts";
import { keepPrincipalUntil } from "./row-principals.ts";
import type { KeepUntil, Transact } from "./row-transactions.ts";
import { keepSessionUntil } from "./session-work.ts";

/** The rows, the keys and the clock. */
export interface ResealParts {
  readonly store: Pick<RowStore, "sealedOtherwise">;
  readonly transact: Transact;
  readonly ring: KeyRing;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly log: Log;
}

/** How far the rows have come, for the key that seals now. */
interface Progress {
  readonly key: number;
  /** When this key was first seen to seal, in milliseconds since 1970. */
  readonly since: number;
  readonly isDone: boolean;
}

const ROW = "sealing:progress";
const PROGRESS = "progress";
const KEPT_MS = 366 * 24 * 60 * 60_000;
/** Isolates of the former deploy may seal by the former key for so long. */
const SETTLES_MS = 60 * 60_000;
const PAGE = 300;
const AT_ONCE = 6;
const LASTS_MS = 10_000;
/** The rows that last. All others are written again or freed within minutes. */
const KINDS: Readonly<Record<string, KeepUntil>> = { session: keepSessionUntil, principal: keepPrincipalUntil };

/**
 * Seals rows anew that an earlier key of the ring has sealed, so that this key may leave the ring. It begins an hour after another key seals,
 * goes on with each sweep, and looks at no row once it is through. A store that frees each row by itself needs none of it: its rows are gone
 * when the sessions are.
 */
export async function resealRows({ store, transact, ring, clock, log }: ResealParts): Promise<void> {
  const { sealedOtherwise } = store;
  if (!sealedOtherwise) return;
  const [{ id: key }] = ring;
  const endsAt = clock() + LASTS_MS;
  const keep: KeepUntil = () => clock() + KEPT_MS;
  const known = await transact(ROW, keep, async (entries, now) => {
    const found = entries.kv.get<Progress>(PROGRESS);
    const progress = found?.key === key ? found : { key, since: now, isDone: false };
    if (progress !== found) entries.kv.put(PROGRESS, progress);
    return { kind: "known" as const, progress };
  });
  if (known.kind === "unavailable" || known.progress.isDone) return;
  if (clock() < known.progress.since + SETTLES_MS) return;

  /** `left`: the row cannot be sealed anew, now or later. `away`: the store did not answer. */
  async function reseal(name: string): Promise<"sealed" | "left" | "away"> {
    const keepUntil = KINDS[name.slice(0, name.indexOf(":"))];
    if (!keepUntil) return "left";
    const done = await transact(name, keepUntil, async (entries) => {
      if (!entries.isEmpty) entries.rewrite();
      return { kind: "sealed" as const };
    });
    if (done.kind === "sealed") return "sealed";
    return isOneSessions(done.cause) ? "left" : "away";
  }

  const starts = sealedTextsBeginWith(key);
  const left = new Set<string>();
  let rows = 0;
  let isDone = false;
  // The next sweep goes on where the store did not answer: a row that was missed would need the former key for good.
  let isAway = false;
  while (!isDone && !isAway && clock() < endsAt) {
    const page = await sealedOtherwise(starts, PAGE + left.size);
    if (page.kind === "unavailable") break;
    const names = page.names.filter((name) => !left.has(name));
    isDone = names.length === 0;
    for (let from = 0; from < names.length && !isAway && clock() < endsAt; from += AT_ONCE) {
      const some = names.slice(from, from + AT_ONCE);
      const done = await Promise.all(some.map(reseal));
      for (const [index, name] of some.entries()) if (done[index] === "left") left.add(name);
      rows += done.filter((kind) => kind === "sealed").length;
      isAway = done.includes("away");
    }
  }
  if (isDone) {
    await transact(ROW, keep, async (entries) => {
      entries.kv.put(PROGRESS, { ...known.progress, isDone });
      return { kind: "noted" as const };
    });
  }
  if (rows > 0 || isDone) log({ event: "rows_resealed", key, rows, left: left.size, isDone });
}
