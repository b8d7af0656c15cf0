/** The results of a drop-in. Each case has the outcome `"yes"`, `"no"`, or the reason of its exception. */
export interface Results {
  readonly name: string;
  readonly cases: readonly { readonly id: string; readonly name: string; readonly outcome: string }[];
}

/** The page with the results of drop-ins: a row for each case, a column for each drop-in, and the reasons of exceptions. */
export function resultsPage(results: readonly Results[]): string {
  const reasons: string[] = [];
  const mark = (outcome: string) => {
    if (outcome === "yes" || outcome === "no") return outcome;
    if (!reasons.includes(outcome)) reasons.push(outcome);
    return `no (${reasons.indexOf(outcome) + 1})`;
  };
  const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
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
