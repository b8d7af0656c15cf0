import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PrincipalRows, type Row } from "../../src/objects/principal/principal-rows.ts";
import { PrincipalEntries } from "../../src/rows/principal-entries.ts";
import { RowEntries } from "../../src/rows/row-entries.ts";
import { uniqueId } from "../support/sessions.ts";

const ids = fc.constantFrom("a", "b", "c", "d");
const times = fc.integer({ min: 0, max: 5 });
const states = fc.constantFrom<Row["state"]>("reserved", "live", "ending");
const sid = fc.constantFrom("", "s", "t");
const rows = fc
  .record({ id: ids, state: states, dueAt: times, changeId: fc.constantFrom("", "x"), at: times, sid, issuedAt: times })
  .map((row): Row => ({ ...row, bornAt: 0, absoluteDeadline: 9, country: "", colo: "", device: "" }));

type Index = Pick<PrincipalRows, keyof PrincipalRows>;
/** An operation on the rows, and its answer. */
const operations = fc.oneof(
  rows.map((row) => (index: Index) => index.put(row)),
  rows.map((row) => (index: Index) => index.drop(row)),
  ids.map((id) => (index: Index) => index.forget(id)),
  ids.map((id) => (index: Index) => index.get(id)),
  fc.tuple(ids, times).map(
    ([id, at]) =>
      (index: Index) =>
        index.get(id) ? index.postpone(id, at) : undefined,
  ),
  fc.tuple(times, ids).map(
    ([at, id]) =>
      (index: Index) =>
        index.endAll(at, id),
  ),
  fc.tuple(times, times).map(
    ([at, most]) =>
      (index: Index) =>
        index.endOldest(at, most),
  ),
  times.map((at) => (index: Index) => index.setNotBefore(at)),
  fc.tuple(sid, times).map(
    ([sid, at]) =>
      (index: Index) =>
        index.logouts({ sids: [sid], issuedAt: at, at }),
  ),
);

/** All answers of the index. Lists whose order is open among equals are sorted. */
function seen(index: Index): unknown {
  const sorted = (list: Row[]) =>
    list.map((row) => JSON.stringify(Object.entries({ sid: "", issuedAt: 0, ...row }).sort())).sort();
  const bySame = [0, 1, 2, 3, 4, 5].map((now) => sorted(index.due(now, 10)));
  return {
    counts: [index.count(), ...(["reserved", "live", "ending"] as const).map((state) => index.countOf(state))],
    page: index.page(10).map(({ id }) => id),
    pageAfter: index.page(2, { at: 3, id: "c" }).map(({ id }) => id),
    replaceable: sorted(index.replaceable(3, 10)),
    due: bySame,
    nextDueAt: index.nextDueAt() ?? undefined,
    notBefore: index.notBefore(),
    logouts: index.logouts(),
  };
}

describe("the entries of a principal's row", () => {
  it("answer as the rows of a principal's object do, whatever was done before", async () => {
    await fc.assert(
      fc.asyncProperty(rows, fc.array(operations, { maxLength: 12 }), async (first, more) => {
        const done = [(index: Index) => index.put(first), ...more];
        const object = env.PRINCIPAL_OBJECT.getByName(uniqueId("principal"));
        const entries = new RowEntries(undefined);
        await runInDurableObject(object, (_, { storage }) => {
          const real = new PrincipalRows(storage);
          for (const work of done) work(real);
          for (const work of done) work(new PrincipalEntries(entries));
          expect(seen(new PrincipalEntries(entries))).toEqual(seen(real));
        });
      }),
      { numRuns: 60 },
    );
  });
});
