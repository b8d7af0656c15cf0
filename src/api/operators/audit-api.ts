import type { ResolvedConfig } from "../../config/resolved.ts";
import type { AuditEntry } from "../../upstream/live/audit.ts";
import { type Pools, SITE } from "../../upstream/live/pool-contracts.ts";
import { soon } from "./soon.ts";

/** The actions of operators on all pools and on sessions. */
export interface AuditShown {
  /** The newest first. */
  readonly entries: readonly AuditEntry[];
  /** The objects that did not answer: pools, or `~site` for actions on sessions. */
  readonly missing: readonly string[];
}

/** How many actions are shown at most. */
export const MOST_SHOWN = 200;

/** Reads the newest actions of operators from the objects of all pools, and from the object of the site. */
export async function readAudit(
  { pools: configured }: Pick<ResolvedConfig, "pools">,
  pools: Pick<Pools, "audited">,
  most = MOST_SHOWN,
): Promise<AuditShown> {
  const names = [...configured.map(({ id }) => id), SITE];
  const read = await Promise.all(names.map(async (name) => [name, await soon(pools.audited(name, { most }))] as const));
  const entries = read.flatMap(([, audited]) => (audited.kind === "audited" ? audited.entries : []));
  return {
    entries: entries.toSorted((one, other) => other.at - one.at).slice(0, most),
    missing: read.flatMap(([name, audited]) => (audited.kind === "unavailable" ? [name] : [])),
  };
}
