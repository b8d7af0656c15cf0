import type { ResolvedConfig } from "../src/config/resolved.ts";
import type { Warning } from "../src/config/warnings.ts";
import { readSettings } from "./wrangler.ts";

/** Warns if Moor is to add to traces that the deployed Worker does not record. */
export async function traceWarnings({ traces }: Pick<ResolvedConfig, "traces">): Promise<Warning[]> {
  if (traces === undefined) return [];
  const { observability } = await readSettings();
  if (observability?.traces?.enabled === true) return [];
  const text =
    `${JSON.stringify(traces)} adds to the traces that Cloudflare records, and wrangler.toml has it record none. Add ` +
    "[observability.traces] with enabled = true: docs/guide/traces.md";
  return [{ path: "traces", text }];
}
