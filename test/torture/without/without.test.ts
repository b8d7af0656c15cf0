import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { playWithRule } from "./hunt.ts";
import { RULES } from "./rules.ts";
import { rowOf, type Trophy } from "./trophies.ts";

const COMMAND = fileURLToPath(new URL("../run.ts", import.meta.url));
const TABLE = new URL("../../../docs/explanation/torture.md", import.meta.url);

const recorded = RULES.filter(({ found, made }) => found || made);
const named = (rules: typeof RULES) => rules.map((rule) => [rule.name, rule] as const);

describe("without a rule of the protocol the recorded schedule breaks the promise", () => {
  let found: readonly Trophy[];

  beforeAll(async () => {
    const asked = recorded.flatMap(({ name }) => ["--without", name]);
    const run = promisify(execFile)(process.execPath, [COMMAND, ...asked, "--json"]);
    // Its exit code is 1 because a promise is broken.
    found = JSON.parse(
      await run.then(
        ({ stdout }) => stdout,
        ({ stdout }) => stdout,
      ),
    );
  });

  it.each(named(recorded))("%s", (name) => {
    expect(found.find((trophy) => trophy.name === name)?.violations).not.toEqual([]);
  });

  it("which is recorded for every rule, except rules that another rule makes redundant", () => {
    const others = RULES.filter((rule) => !recorded.includes(rule));
    expect(others.map(({ name, redundant }) => redundant && name)).toEqual([
      "one-look-at-a-time",
      "no-late-founding",
      "row-is-vouched-before-the-read",
      "sql-deletes-what-was-seen",
      "sql-is-never-late",
      "redis-is-never-late",
      "memcached-deletes-what-was-seen",
    ]);
  });

  it("and docs/explanation/torture.md lists every rule, with what goes wrong without it and when", async () => {
    const table = await readFile(TABLE, "utf8");
    for (const { name, rule, config } of RULES) expect(table).toContain(`| \`${name}\`: ${rule} | ${config} |`);
    for (const trophy of found) expect(table).toContain(rowOf(trophy, {}));
  });
});

describe("with the rule the same schedule keeps the promise", () => {
  it.each(named(recorded))("%s", async (_name, rule) => {
    const { tally, counterexample } = await playWithRule(rule);
    expect(counterexample?.verdict.violations).toBeUndefined();
    expect(tally.schedules).toBe(1);
  });
});

describe("a rule that is not where it is said to be", () => {
  it("is a fault, and does not count as a redundant rule", async () => {
    const { moorWithout } = await import("./source.ts");
    const edits = [{ file: "src/session/freshness.ts", from: "no such line", to: "" }];
    // Vitest has a loader of its own, so the hooks do not even load the source.
    await expect(moorWithout({ name: "none", rule: "", edits, config: "moor-sync" })).rejects.toThrow("freshness.ts");
  });
});
