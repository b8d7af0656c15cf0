import type { ResolvedConfig } from "./resolved.ts";

/** Whether a configuration uses what is there for operators: the admin API and the counters, pools at work, their probes. */
export function usesOperators({ admin, pools }: Pick<ResolvedConfig, "admin" | "pools">): boolean {
  return admin !== undefined || pools.some(({ healthCheck }) => healthCheck !== undefined);
}
