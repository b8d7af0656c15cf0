import type { PoolConfig } from "../../src/config/pool-types.ts";
import type { RouteConfig } from "../../src/config/types.ts";
import type { Remark } from "./remark.ts";

/** A configuration of Moor that is made from the configuration of another balancer. */
export interface Draft {
  readonly pools: readonly PoolConfig[];
  /** Empty: every request goes to the first pool. */
  readonly routes: readonly RouteConfig[];
  /** Settings that must be changed before the file can be imported. */
  readonly refused: readonly Remark[];
  /** Settings that are left out, differences, and steps to do by hand. */
  readonly notes: readonly Remark[];
}
