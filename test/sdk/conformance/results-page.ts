/** The results of a drop-in. Each case has the outcome `"yes"`, `"no"`, or the reason of its exception. */
export interface Results {
  readonly name: string;
  readonly cases: readonly { readonly name: string; readonly outcome: string }[];
}

const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
const cellsOf = (line: string) => line.slice(2, -2).split(" | ");

/** The page with the results of drop-ins: a row for each case, a column for each drop-in, and the reasons of exceptions. */
export function resultsPage(results: readonly Results[]): string {
  const reasons: string[] = [];
  const mark = (outcome: string) => {
    if (outcome === "yes" || outcome === "no") return outcome;
    if (!reasons.includes(outcome)) reasons.push(outcome);
    return `no (${reasons.indexOf(outcome) + 1})`;
  };
  const names = results[0]?.cases.map(({ name }) => name) ?? [];
  const rows = names.map((name, index) =>
    row([name, ...results.map(({ cases }) => mark(cases[index]?.outcome ?? "no"))]),
  );
  const passed = ({ cases }: Results) => cases.filter(({ outcome }) => outcome === "yes").length;
  const lines = [
    "# Results of the conformance suite",
    "",
    "`npm run drop-ins` writes this page. [drop-in.md](drop-in.md) specifies the cases. A drop-in …",
    "",
    row(["", ...results.map(({ name }) => name)]),
    row(["---", ...results.map(() => "---")]),
    ...rows,
    row([`cases passed, of ${names.length}`, ...results.map((each) => String(passed(each)))]),
    "",
    ...reasons.map((reason, index) => `${index + 1}. ${reason}`),
  ];
  return `${lines.join("\n")}\n`;
}

/** The results that a page shows. */
export function resultsOn(page: string): Results[] {
  const lines = page.split("\n");
  const [head = "", , ...table] = lines.filter((line) => line.startsWith("| "));
  const reasons = lines.flatMap((line) => /^\d+\. (.*)$/.exec(line)?.[1] ?? []);
  const outcome = (mark: string) => {
    const number = /^no \((\d+)\)$/.exec(mark)?.[1];
    return number === undefined ? mark : (reasons[Number(number) - 1] ?? mark);
  };
  const rows = table.slice(0, -1).map(cellsOf);
  return cellsOf(head)
    .slice(1)
    .map((name, index) => ({
      name,
      cases: rows.map(([name = "", ...marks]) => ({ name, outcome: outcome(marks[index] ?? "no") })),
    }));
}

/** The newer results, and the results of drop-ins that were not played, if the cases are the same. In the order of the names. */
export function mergedResults(older: readonly Results[], newer: readonly Results[]): Results[] {
  const casesOf = ({ cases }: Results) => JSON.stringify(cases.map(({ name }) => name));
  const isLeft = (old: Results) => newer.every((each) => each.name !== old.name && casesOf(each) === casesOf(old));
  return [...older.filter(isLeft), ...newer].sort((a, b) => (a.name < b.name ? -1 : 1));
}
