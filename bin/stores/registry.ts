import { rowStoreOf } from "../../src/row-stores/registry.ts";
import { describe } from "../../src/settings/mistakes.ts";
import { CommandError } from "../command.ts";
import { cookie } from "./cookie.ts";
import { d1 } from "./d1.ts";
import { memcached } from "./memcached.ts";
import { postgres } from "./postgres.ts";
import { redis } from "./redis.ts";
import { redisTcp } from "./redis-tcp.ts";
import type { StoreSetup, StoreType } from "./store-setup.ts";

/** The stores that the `moor` command knows how to set up, run or ask, by the `type` of `stores.authority`. A store need not be here. */
export const STORE_SETUPS: Readonly<Partial<Record<StoreType, StoreSetup>>> = {
  redis,
  "redis-tcp": redisTcp,
  postgres,
  d1,
  memcached,
  cookie,
};

/** The stores whose setup will do. */
export function storesWith(can: (setup: StoreSetup) => boolean): StoreType[] {
  return (Object.keys(STORE_SETUPS) as StoreType[]).filter((type) => {
    const setup = STORE_SETUPS[type];
    return setup !== undefined && can(setup);
  });
}

/**
 * The setup of the store that a flag names.
 *
 * @param flag the flag or the setting.
 * @param can which setups will do.
 * @param work the work that the command does with it, for its message.
 * @param others further accepted names.
 * @throws CommandError of code `usage`, if there is no such store, or if the command does not know how to do this work with it.
 */
export function setupFor(
  flag: string,
  name: string,
  { can, work, others = [] }: { can(setup: StoreSetup): boolean; work: string; others?: readonly string[] },
): { readonly type: StoreType; readonly setup: StoreSetup } {
  const able = storesWith(can);
  const type = able.find((one) => one === name);
  const setup = type && STORE_SETUPS[type];
  if (setup) return { type, setup };
  const reason = rowStoreOf(name) ? `, which the moor command cannot ${work}` : "";
  const accepted = [...others, ...able].join(", ");
  throw new CommandError("usage", `${flag}: found ${describe(name)}${reason}, accepted: ${accepted}`);
}
