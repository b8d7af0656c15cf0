import { expect, it } from "vitest";
import { viewOf } from "../../src/session/record.ts";
import { History } from "./history.ts";

it("the view of a record is made once, and anew for the record after it", () => {
  const history = new History();
  history.apply({ patches: [{ a: 1 }] });
  const { record } = history;
  if (!record) throw new Error("no record was made");
  expect(viewOf(record)).toBe(viewOf(record));
  history.apply({ patches: [{ a: 2 }] });
  expect(viewOf(history.record as typeof record)).toMatchObject({ version: 2, attributes: { a: 2 } });
});
