import { describe, expect, it } from "vitest";
import { NAMES } from "../../src/lib/build-flags.ts";
import { buildFlagOf, ROW_STORES } from "../../src/row-stores/registry.ts";
import { origin, pool, resolved } from "./configs.ts";
import { type Setting, settingsOfSchema } from "./settings.ts";

const pages = import.meta.glob<string>("../../docs/reference/configuration.md", {
  query: "?raw",
  import: "default",
  eager: true,
});

/** One row of a table of docs/reference/configuration.md. */
interface Row {
  readonly path: string;
  /** The path of the section, as in `pools[].`. */
  readonly section: string;
  readonly default: string;
  readonly accepted: string;
}

/** Settings whose members the row of the setting itself explains. */
const IN_ONE_ROW =
  /^(pools\[\]\.(hashPolicy|origins\[\]\.open|healthCheck\.expectedStatuses)|routes\[\]\.(headers|pool))\[/;
/** Each of `logins` has the settings of `login`, whose rows explain them. */
const OF_EACH_LOGIN = /^logins\[\]\.(?!id$)/;
/**
 * `retry` is in the schema only to say that its name is `retryOn` now. The tables of carriers name the `type` in their
 * first row.
 */
const WITHOUT_ROW = /^routes\[\]\.retry$|^carriers\[\w*\]\.type$/;
/** Defaults that depend on other settings, and so are documented in words. */
const DERIVED = ["pools[].origins[].route", "routes[].explain"];

const settings = settingsOfSchema();
const [page = ""] = Object.values(pages);
const rows = rowsOf(page);

/** Everything that can be switched on by an empty object is on, so that its defaults are there. */
const everythingElse = resolved({
  pools: [
    pool({
      origins: ["a", "b", "c", "d", "e"].map((id) => origin({ id })),
      outlierDetection: { successRate: {} },
      learn: { cookie: "sid" },
      healthCheck: { path: "/health" },
    }),
    pool({ id: "old" }),
  ],
  routes: [{ path: "/*", pool: "shop", cors: { origins: ["https://app.test"] } }],
  cors: { origins: ["https://app.test"] },
  session: { remember: {} },
  carriers: [{ type: "cookie" }, { type: "header" }, { type: "url" }],
  principals: {},
  admin: {},
  adopt: [
    { from: "app", cookies: ["sid"], confirm: { pool: "old", path: "/moor-adopt" }, until: "2027-01-01T00:00:00Z" },
  ],
});
/** A login allows no other carrier than the cookie. */
const login = resolved({ pools: [pool()], login: { issuer: "https://id.test", clientId: "moor" } });
const config = { ...everythingElse, login: login.login, require: login.require };

describe("the tables of docs/reference/configuration.md", () => {
  it("have a row for every setting of the schema", () => {
    const expected = [...settings.values()].filter(({ path, isSection }) => !isSection && !isExplainedElsewhere(path));
    expect(expected.map(({ path }) => path).filter((path) => !rows.some((row) => row.path === path))).toEqual([]);
    expect(expected.length).toBeGreaterThan(90);
  });

  it("have the same settings for one login as for each of several", () => {
    const below = (section: string) =>
      [...settings.keys()].flatMap((path) => (path.startsWith(section) ? [path.slice(section.length)] : []));
    expect(below("logins[].").filter((name) => name !== "id")).toEqual(below("login."));
  });

  it("have no row for a setting that the schema does not know, and no row twice", () => {
    expect(rows.map(({ path }) => path).filter((path) => !settings.has(path))).toEqual([]);
    expect(new Set(rows.map(({ path }) => path)).size).toBe(rows.length);
  });

  it("name the bounds of every number", () => {
    expect(rows.flatMap((row) => wrongBounds(row, settings.get(row.path)))).toEqual([]);
  });

  it("name every value of every enumeration", () => {
    const documented = rows.map(({ path, accepted }) => [path, wordsOf(accepted).sort()] as const);
    const enumerations = documented.filter(([path]) => (settings.get(path)?.options.length ?? 0) > 0);
    expect(Object.fromEntries(enumerations)).toEqual(
      Object.fromEntries(enumerations.map(([path]) => [path, [...(settings.get(path)?.options ?? [])].sort()])),
    );
    expect(enumerations.length).toBeGreaterThan(15);
  });

  it("name every default that is a number, a text, true, or false", () => {
    expect(rows.flatMap((row) => wrongDefault(row))).toEqual([]);
  });
});

it("configuration.md has a row for each part that a build can leave out", () => {
  const documented = Array.from(
    page.matchAll(/^\| `(MOOR_\w+)` \| [^|]*\|[^|]*\| (?:by|likewise)/gm),
    ([, name]) => name,
  );
  const parts = [...Object.keys(NAMES), ...Object.keys(ROW_STORES).map(buildFlagOf)];
  expect(documented.sort()).toEqual(parts.sort());
});

describe("the comparison of configuration.md with the schema", () => {
  const row = { path: "session.graceSeconds", section: "session.", default: "30", accepted: "0 to 300" };

  it("finds a wrong bound, a missing bound, and a bound by a setting that does not exist", () => {
    const grace = settings.get(row.path);
    expect(wrongBounds(row, grace)).toEqual([]);
    for (const accepted of ["0 to 301", "1 to 300", "a number", "`unknown` to 300"]) {
      expect(wrongBounds({ ...row, accepted }, grace)).toHaveLength(1);
    }
  });

  it("finds a wrong default, and words in the place of a default that is a number", () => {
    expect(wrongDefault(row)).toEqual([]);
    for (const text of ["31", "never", "`idleSeconds`", '`"30"`']) {
      expect(wrongDefault({ ...row, default: text })).toHaveLength(1);
    }
  });
});

/** The words of a text that are written as code, without quotes. */
function wordsOf(text: string): string[] {
  return Array.from(text.matchAll(/`([^`]+)`/g), ([, word]) => (word as string).replaceAll('"', ""));
}

function isExplainedElsewhere(path: string): boolean {
  return IN_ONE_ROW.test(path) || WITHOUT_ROW.test(path) || OF_EACH_LOGIN.test(path);
}

/** The rows of all tables of settings: the prefix of their paths is in the heading above, or in the first cell of the table. */
function rowsOf(text: string): Row[] {
  const found: Row[] = [];
  let heading = "";
  let table: { section: string; columns: string[] } | undefined;
  for (const line of text.split("\n")) {
    if (line.startsWith("## ")) heading = line.slice(3);
    const cells = line.startsWith("|")
      ? line
          .slice(1, -1)
          .split(/(?<!\\)\|/)
          .map((cell) => cell.trim())
      : undefined;
    if (!cells) table = undefined;
    else if (table) {
      const cell = (name: string) => cells[table?.columns.indexOf(name) ?? -1] ?? "";
      const [name = ""] = wordsOf(cells[0] ?? "");
      if (name)
        found.push({
          path: table.section + name,
          section: table.section,
          default: cell("default"),
          accepted: cell("accepted"),
        });
    } else if (cells.includes("accepted")) table = { section: sectionOf(heading, cells[0] ?? ""), columns: cells };
  }
  return found;
}

function sectionOf(heading: string, firstCell: string): string {
  const kind = /^`type: "(\w+)"`$/.exec(firstCell)?.[1];
  if (kind) return `carriers[${kind}].`;
  const name = /^`(.+)`$/.exec(heading)?.[1];
  return name ? `${name}.` : "";
}

/** The bounds in a text: numbers, or names of settings that are bounds. */
function boundsIn(text: string): { least: string; most: string } | undefined {
  const plain = text.replace(/(\d),(?=\d{3})/g, "$1");
  const range = /(\d+|`[\w.]+`) to (\d+|`[\w.]+`)/.exec(plain) ?? /\{(\d+),(\d+)\}/.exec(plain);
  if (range) return { least: range[1] as string, most: range[2] as string };
  const above = /above (\d+),? (?:and )?at most (\d+)/.exec(plain);
  if (above) return { least: `above ${above[1]}`, most: above[2] as string };
  const most = /up to (\d+)/.exec(plain)?.[1];
  return most === undefined ? undefined : { least: "1", most };
}

function wrongBounds(row: Row, setting: Setting | undefined): string[] {
  const documented = boundsIn(row.accepted);
  const actual = boundsIn(setting?.accepted ?? "");
  const isNumber = /^a (whole )?number/.test(setting?.accepted ?? "");
  if (!actual || !(documented || isNumber)) return [];
  const agree = (side: "least" | "most") =>
    documented?.[side] === actual[side] || (documented?.[side].startsWith("`") && settingNamed(documented[side], row));
  return agree("least") && agree("most")
    ? []
    : [`${row.path}: documented ${row.accepted}, in the schema ${setting?.accepted}`];
}

/** The path of the setting that a row names: a setting beside it, of its section, or of another section. */
function settingNamed(name: string, { path, section }: Row): string | undefined {
  const [word = ""] = wordsOf(name);
  const beside = path.slice(0, path.lastIndexOf(".") + 1);
  return [beside + word, section + word, word].find((candidate) => settings.has(candidate));
}

function wrongDefault(row: Row): string[] {
  const actual = valueAt(row.path);
  const code = /^`([^`]+)`$/.exec(row.default)?.[1];
  const number = /^[\d,]+(?=$|,? )/.exec(row.default)?.[0];
  const isScalar = ["number", "string", "boolean"].includes(typeof actual);
  const isGiven = row.default === "" && settings.get(row.path) !== undefined && isRequired(row.path);
  let isRight = !isScalar || isGiven || (DERIVED.includes(row.path) && row.default !== "");
  if (number !== undefined) isRight = actual === Number(number.replaceAll(",", ""));
  else if (code !== undefined)
    isRight =
      JSON.stringify(actual) === (literalOf(code) ?? JSON.stringify(valueAt(settingNamed(row.default, row) ?? "")));
  return isRight ? [] : [`${row.path}: documented ${row.default}, in fact ${JSON.stringify(actual)}`];
}

/** Whether the configuration of this test has to give the setting. */
function isRequired(path: string): boolean {
  return /^pools\[\]\.(id|learn\.cookie|origins\[\]\.(id|url)|healthCheck\.path)$|^routes\[\]\.path$|^login\.(issuer|clientId)$|^adopt\[\]\.(from|confirm\.(pool|path)|until)$/.test(
    path,
  );
}

/** A literal of JavaScript as JSON, if it is one. */
function literalOf(code: string): string | undefined {
  try {
    return JSON.stringify(JSON.parse(code.replace(/(\w+):/g, '"$1":')));
  } catch {
    return undefined;
  }
}

/** The value of the resolved configuration at a path: the first of a list, or the value of a kind. */
function valueAt(path: string): unknown {
  return path.split(".").reduce<unknown>((value, step) => {
    const [, name = "", kind] = /^(\w+)(?:\[(\w*)\])?$/.exec(step) ?? [];
    const member = (value as Record<string, unknown> | undefined)?.[name];
    if (!Array.isArray(member) || kind === undefined) return member;
    return kind ? member.find(({ type }) => type === kind) : member[0];
  }, config);
}
