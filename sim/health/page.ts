import { tablesOf } from "./report.ts";
import type { Results } from "./results.ts";
import type { Scenario } from "./scenario.ts";

/** docs/explanation/health/scenarios.md. */
export function pageOf(results: Results, scenarios: readonly Scenario[], before: Results): string {
  const { date, machine, versions } = results;
  const named = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `# Failures, and their effect on visitors

\`npm run sim -- health --save\` wrote this page on ${date} UTC (${machine.cpus} × ${machine.cpu}; ${named.join(", ")}). The command
plays each scenario with Moor in workerd, nginx, and HAProxy in front of origins in processes of their own. It ends with 1 if Moor exceeds
a number of the second column. "Moor before" is a version of Moor in which two failures of any client ejected an origin (\`docs/explanation/health/before.json\`).

- **Clients** have no address here, so each session counts as a client of its own. A client without cookies is a new client with each request.
- **nginx** has \`hash $cookie_sid consistent\` and kept connections, and otherwise its defaults. **HAProxy** has \`cookie … insert\`, \`check\`
  (every 2 s, three failures), \`retries 3\` and \`option redispatch\`. All three proxies wait equally long for an origin's answer.
- **Moved** requests were served by another origin than the visitor's own. **Refused** and **lost** requests got an error or no
  answer. **Sends** count how often all origins together were asked. **Questions** are requests that Moor or HAProxy sent by themselves.
- **The last two simulations** have Moor's own code choose and send, without a network: time is simulated, and origins answer at once. If a connection
  is *lost*, the origin may have received the request; if it is *refused* (521), the origin has not. An arrow leads from the result of "Moor before" to the result of Moor.

${tablesOf(results, scenarios, before)}
`;
}
