import { setTimeout as pause } from "node:timers/promises";
import type { Answer, Client } from "./client.ts";

/**
 * A visitor whose tabs change their session all the time. Each tab changes its own attributes. The visitor records
 * every answer.
 */
export interface Writer {
  /** Changes that were acknowledged. */
  readonly acknowledged: ReadonlySet<string>;
  /** The number of changes that the journal accepted. */
  journaled(): number;
  stop(): Promise<void>;
  /** The faults in the answers that the visitor got, and in the session as it is in the end. */
  judge(session: Answer["told"]["session"]): string[];
}

const TABS = ["a", "b", "c"];
/** Changes of each tab. More changes would make the handoff larger than the 16 KB of headers that Node accepts. */
const MOST_CHANGES = 120;
const BETWEEN_MS = 20;

/**
 * Starts the tabs of a visitor. The n-th change of tab `a` sets `a<n>` and the attribute `a` to n. A change without an
 * answer of 200 may have been applied or not.
 *
 * @param client a client whose session is empty, or holds `basket` alone as its first change.
 */
export function startWriter(client: Client, path: string): Writer {
  const acknowledged = new Set<string>();
  const unknown = new Set<string>();
  const wrong: string[] = [];
  let journaled = 0;
  let isStopped = false;

  async function change(tab: string, count: number): Promise<void> {
    const told = [...acknowledged];
    const name = `${tab}${count}`;
    const patch = encodeURIComponent(JSON.stringify({ [name]: 1, [tab]: count }));
    const answer = await client.ask(`${path}?patch=${patch}`, { method: "POST" }).catch(() => undefined);
    if (answer?.status !== 200) {
      if (answer && answer.status !== 503) wrong.push(`${name} was answered by ${answer.status}`);
      unknown.add(name);
      return;
    }
    const { data = {}, stale } = answer.told.session;
    const missing = told.filter((earlier) => !(earlier in data));
    if (missing.length > 0 || stale) wrong.push(`${name} was not shown ${missing}${stale ? " (stale)" : ""}`);
    if (answer.setCookies.some((cookie) => cookie.startsWith("__Host-moor-mark"))) journaled++;
    acknowledged.add(name);
  }

  const tabs = TABS.map(async (tab) => {
    for (let count = 1; count <= MOST_CHANGES && !isStopped; count++) {
      await change(tab, count);
      await pause(BETWEEN_MS);
    }
  });

  return {
    acknowledged,
    journaled: () => journaled,
    async stop() {
      isStopped = true;
      await Promise.all(tabs);
    },
    judge({ ver, data = {} }) {
      const applied = Object.keys(data).filter((name) => /^[a-z]\d+$/.test(name));
      const lost = [...acknowledged].filter((name) => !applied.includes(name));
      const made = applied.filter((name) => !acknowledged.has(name) && !unknown.has(name));
      const undone = TABS.filter((tab) => {
        const counts = [...acknowledged].filter((name) => name.startsWith(tab)).map((name) => Number(name.slice(1)));
        const shown = Number(data[tab] ?? 0);
        return shown !== Math.max(0, ...counts) && !unknown.has(`${tab}${shown}`);
      });
      return [
        ...wrong,
        ...(lost.length > 0 ? [`lost: ${lost}`] : []),
        ...(made.length > 0 ? [`never asked for: ${made}`] : []),
        ...(undone.length > 0 ? [`undone: ${undone.map((tab) => `${tab} is ${data[tab]}`)}`] : []),
        // Each change is a version.
        ...(ver !== applied.length + ("basket" in data ? 1 : 0)
          ? [`version ${ver} for ${applied.length} changes`]
          : []),
      ];
    },
  };
}
