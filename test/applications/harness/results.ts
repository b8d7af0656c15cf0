/** The outcome of a part that failed. */
export const BROKEN = "broken";

/** How the parts of the suite ended. Each is {@link BROKEN} until its part has passed. */
export interface Outcomes {
  /** Login, form, redirects, logout. */
  works: string;
  requests: string;
  killed: string;
}

/** A row of docs/reference/applications.json. */
export interface Result extends Readonly<Outcomes> {
  /** The name of the test file, without `.test.ts`. */
  readonly id: string;
  readonly name: string;
  readonly framework: string;
  readonly version: string;
  /** The lines that the owner adds. */
  readonly lines: readonly string[];
  /** Where the session is. */
  readonly session: string;
  /** The day on which it was played, `YYYY-MM-DD`. */
  readonly date: string;
}

/** Old results with new ones in their places, by the names of the applications. */
export function merged(before: readonly Result[], played: readonly Result[]): Result[] {
  const kept = before.filter(({ id }) => played.every((other) => other.id !== id));
  return [...kept, ...played].sort((one, other) => one.name.localeCompare(other.name, "en"));
}

/** The table of applications, a row for each. */
export function table(results: readonly Result[]): string {
  const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const head = ["application", "lines to add", "session in", "login, form, redirects", "50 requests", "killed server"];
  const rows = results.map(({ name, framework, version, lines, session, works, requests, killed, date }) => {
    const added = lines.length === 0 ? "none" : lines.map((line) => `\`${line.replaceAll("|", "\\|")}\``).join("<br>");
    return row([`${name} ${version}<br>${framework}, ${date}`, added, session, works, requests, killed]);
  });
  return [row(head), row(head.map(() => "---")), ...rows].join("\n");
}

/** The page docs/reference/applications.md. */
export function resultsPage(results: readonly Result[]): string {
  return `# Real applications behind Moor

\`npm run applications -- --save\` writes this page and [applications.json](applications.json). Each row runs a real application on two
servers behind a real Moor. A visitor logs in, posts a form, follows redirects, and logs out. A second visitor sends 50 requests.
Then each server dies once while a visitor of its own has a form open. The visitor must stay logged in, and the form must stay valid, on the
other server and on the restarted server.

"Session in Moor" means that a drop-in stores the session. Applications with a store of their own need none.
The [guides for frameworks](../guide/frameworks/README.md) explain the lines.

${table(results)}
`;
}
