import { table } from "../../bench/table.ts";
import { FRONTS, type FrontName } from "./fronts.ts";
import type { Played, Results } from "./results.ts";
import { METRICS, type Metric, type Outcome, type Scenario } from "./scenario.ts";

/** The cell of a table for a scenario that was not played. */
const ABSENT = "";

/** The tables of the played scenarios, under headings, as Markdown. */
export function tablesOf(results: Results, scenarios: readonly Scenario[], before?: Results): string {
  return [
    ...section("Scenarios", scenarioTable(results, scenarios, before), results.scenarios),
    ...section("Many isolates, and an origin dies", deathTable(results, before), results.deaths),
    ...section("One isolate, and an attacker", attackTable(results, before), results.attacks),
    ...section("The errors of workerd", failureTable(results), results.failures),
  ].join("\n\n");
}

function section(title: string, text: string, rows: readonly unknown[]): string[] {
  return rows.length === 0 ? [] : [`## ${title}`, text];
}

/** An outcome in words, such as `refused 0; sends 4`. */
export function wordsOf(outcome: Outcome): string {
  const metrics = Object.keys(METRICS) as Metric[];
  return metrics
    .flatMap((metric) => (outcome[metric] === undefined ? [] : `${METRICS[metric]} ${number(outcome[metric])}`))
    .join("; ");
}

function scenarioTable(
  { scenarios: played }: Results,
  scenarios: readonly Scenario[],
  before: Results | undefined,
): string {
  const fronts = (Object.keys(FRONTS) as FrontName[]).filter((front) => played.some((each) => each.front === front));
  const cell = (all: readonly Played[] | undefined, scenario: Scenario, front: FrontName) => {
    const found = all?.find((each) => each.scenario === scenario.name && each.front === front);
    if (!found) return ABSENT;
    return "outcome" in found ? wordsOf(found.outcome) : `skipped: ${found.skipped}`;
  };
  const rows = scenarios
    .filter(({ name }) => played.some(({ scenario }) => scenario === name))
    .map((scenario) => [
      `\`${scenario.name}\`: ${scenario.about}`,
      wordsOf(scenario.bounds) || "-",
      ...(before ? [cell(before.scenarios, scenario, "moor")] : []),
      ...fronts.map((front) => cell(played, scenario, front)),
    ]);
  const titles = fronts.map((front) => FRONTS[front].title);
  return table(["scenario", "Moor at most", ...(before ? ["Moor before"] : []), ...titles], rows);
}

function deathTable({ deaths }: Results, before: Results | undefined): string {
  const rows = deaths.map((row) => {
    const earlier = before?.deaths.find((it) => it.death === row.death && it.perMinute === row.perMinute);
    const of = change(row, earlier);
    return [
      row.death,
      `${row.perMinute}`,
      number(row.requests),
      of("lostGets"),
      of("lostPosts"),
      of("lostTwice"),
      of("failovers"),
      of("ejected"),
      of("medianS"),
    ];
  });
  const head = [
    "the origin's connection",
    "requests a minute",
    "requests",
    "GETs lost",
    "POSTs lost",
    "isolates that lost two",
  ];
  return table(
    [...head, "requests that failed over", `isolates of ${deaths[0]?.isolates} that ejected it`, "median, s"],
    rows,
  );
}

function attackTable({ attacks }: Results, before: Results | undefined): string {
  const rows = attacks.map((row) => {
    const earlier = before?.attacks.find(
      (it) => it.drops === row.drops && it.method === row.method && it.addresses === row.addresses,
    );
    const of = change(row, earlier);
    return [
      `${row.attacks} ${row.method}s`,
      row.drops === "everywhere" ? "all origins" : "one origin",
      `${row.addresses}`,
      number(row.requests),
      of("moved"),
      of("refused"),
      of("ejections"),
      of("sendsEach"),
      of("questions"),
    ];
  });
  const head = ["attack", "dropped by", "addresses", "requests of visitors", "moved", "refused", "ejections"];
  return table([...head, "sends each", "questions"], rows);
}

function failureTable({ failures }: Results): string {
  const [gets, posts] = ["GET", "POST"].map((of) => failures.filter(({ method }) => method === of));
  const rows = (gets ?? []).map(({ failure, told }, nth) => [failure, told, posts?.[nth]?.told]);
  return table(["the origin", "GET", "POST"], rows);
}

/** How to show a field of a row: together with its earlier value, if that is known. */
function change<Row extends object>(row: Row, earlier: Row | undefined) {
  return (field: keyof Row & string): string => {
    const now = number(row[field] as number | undefined);
    return earlier === undefined ? now : `${number(earlier[field] as number | undefined)} → ${now}`;
  };
}

function number(value: number | undefined): string {
  return value === undefined ? "-" : value.toLocaleString("en");
}
