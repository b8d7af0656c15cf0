import { describe, expect, it } from "vitest";
import type { RowWrite } from "../../src/row-stores/row-store.ts";
import { SqlFault } from "../../src/row-stores/sql/sql-fault.ts";
import { createSqlRows, type Result, type RunStatement } from "../../src/row-stores/sql/sql-rows.ts";
import { statementsFor } from "../../src/row-stores/sql/statements.ts";

const statements = statementsFor({ now: "now()", parameter: (number) => `$${number}` });
const WRITE: RowWrite = { seen: "a", next: { tag: "b", text: "text" }, keepUntil: 9, dueAt: undefined, notAfter: 9 };

/** Rows whose database answers a read with these columns besides the nonce, and each write as told. */
function rows(read: Result, write: () => Promise<readonly Result[]> = async () => []) {
  const run: RunStatement = async (statement, values) =>
    statement === statements.read ? [{ tag: null, body: null, store_now: 5, nonce: values[1], ...read }] : write();
  return createSqlRows({
    name: "sql",
    isMetered: false,
    statements,
    connect: () => ({ run, end: async () => {} }),
    isStandby: ({ is_standby }) => is_standby === true,
  });
}

const reason = (answer: object) => ("cause" in answer && answer.cause instanceof Error ? answer.cause.message : answer);

describe("rows in a database", () => {
  it("are unavailable when a cache or a standby answers a read", async () => {
    expect(reason(await rows({ nonce: "of an earlier read" }).read("x"))).toBe("sql: a read was answered by a cache");
    expect(reason(await rows({ is_standby: true }).read("x"))).toBe("sql: a read was answered by a standby");
    expect(await rows({}).read("x")).toEqual({ kind: "none", storeNow: 5 });
  });

  it("are unavailable when a read has no result, which is never the absence of a row", async () => {
    const connect = () => ({ run: async () => [], end: async () => {} });
    const empty = createSqlRows({ name: "sql", isMetered: false, statements, connect });
    expect(reason(await empty.read("x"))).toBe("sql: a read was answered by a cache");
  });

  it("take a failed serialization and a deadlock for another writer, and no other fault", async () => {
    const failing = (code: string) => rows({}, () => Promise.reject(new SqlFault("sql", code)));
    for (const code of ["40001", "40P01"]) expect(await failing(code).write("x", WRITE)).toEqual({ kind: "moved" });
    expect(reason(await failing("53300").write("x", WRITE))).toBe("sql: the server has too many connections");
    expect(reason(await failing("XX000").write("x", WRITE))).toBe("sql: XX000");
  });

  it("tell a late write from a lost write by the tag that the row has", async () => {
    expect(await rows({ tag: "a", body: "text" }).write("x", WRITE)).toEqual({ kind: "late" });
    expect(await rows({ tag: "c", body: "text" }).write("x", WRITE)).toEqual({
      kind: "moved",
      now: { kind: "row", row: { tag: "c", text: "text" }, storeNow: 5 },
    });
    expect(await rows({}).write("x", WRITE)).toEqual({ kind: "moved", now: { kind: "none", storeNow: 5 } });
    expect(await rows({}).write("x", { ...WRITE, seen: undefined })).toEqual({ kind: "late" });
  });

  it("hand on a mistake in the code, which is no outage", async () => {
    const mistaken = rows({}, () => Promise.reject(new TypeError("mistake")));
    await expect(mistaken.write("x", WRITE)).rejects.toThrow("mistake");
  });
});

describe("a fault of a database", () => {
  it.each([
    ["42P01", "the table moor_rows is missing"],
    ["no such table", "the table moor_rows is missing"],
    ["42501", "the user may not use the table moor_rows"],
    ["28P01", "the password is wrong"],
    ["3D000", "there is no such database"],
    ["25006", "the server takes no writes"],
    ["53300", "the server has too many connections"],
  ])("of the kind %s tells an operator what to do", (code, told) => {
    expect(new SqlFault("sql", code).message).toContain(told);
  });
});
