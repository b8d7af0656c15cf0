import { tablesOf } from "./report.ts";
import type { Results } from "./results.ts";
import type { Scenario } from "./scenario.ts";

/** docs/explanation/health/scenarios.md. */
export function pageOf(results: Results, scenarios: readonly Scenario[], before: Results): string {
  const { date, machine, versions } = results;
  const named = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `# What fails, and what visitors see of it

\`npm run sim -- health --save\` wrote this page on ${date} UTC (${machine.cpus} × ${machine.cpu}; ${named.join(", ")}). The command
plays each scenario before Moor in workerd, nginx and HAProxy, with origins in processes of their own. It ends with 1 if Moor exceeds
a number of the second column. "Moor before" is Moor when two failures of any client ejected an origin (\`docs/explanation/health/before.json\`).

- **Clients** have no address here, so each session counts as a client of its own. A client without cookies is a new one with each request.
- **nginx** has \`hash $cookie_sid consistent\` and kept connections, else its defaults. **HAProxy** has \`cookie … insert\`, \`check\`
  (every 2 s, three failures), \`retries 3\` and \`option redispatch\`. No front waits longer for an origin's answer than another.
- **Moved** requests are those that another origin than the visitor's own has served. **Refused** and **lost** requests got an error or no
  answer. **Sends** are how often all origins together were asked. **Questions** are requests of Moor's or HAProxy's own.
- **The last two simulations** have Moor's own code choose and send, without a network: time is simulated, and origins answer at once. A connection that
  is *lost* may have carried the request; one that is *refused* (521) has not. An arrow leads from what it was before.

${tablesOf(results, scenarios, before)}
`;
}
