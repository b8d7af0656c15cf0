import { isRecord } from "./grammar.ts";
import { type Item, itemsOf } from "./items.ts";
import { describe, type Mistake } from "./mistakes.ts";
import { REGIONS } from "./regions.ts";

/** What is wrong with the regions of a pool's origins: all that are no backups have one, or none has. */
export function regionMistakes(pool: Item): Mistake[] {
  const origins = itemsOf(pool.value, "origins", pool.path);
  const { algorithm, cutOver } = isRecord(pool.value.affinity) ? pool.value.affinity : {};
  const isNginx = typeof algorithm === "string" && algorithm.startsWith("nginx-") && cutOver === undefined;
  const isZoned = origins.some(({ value }) => isRegion(value.region) && value.backup !== true);
  return origins.flatMap(({ value: { region, backup }, path }) => {
    const at = `${path}.region`;
    if (region === undefined) {
      if (!isZoned || backup === true) return [];
      const accepted = `one of ${REGIONS.join(", ")}, as other origins of the pool have a region`;
      return [{ path: at, found: "nothing", accepted }];
    }
    if (!isRegion(region)) return [];
    const found = describe(region);
    if (backup === true) return [{ path: at, found, accepted: "nothing, as a backup stands in for all regions" }];
    if (!isNginx) return [];
    const accepted = `nothing, or an affinity.cutOver, as the pool goes by ${algorithm} and not by whrw1`;
    return [{ path: at, found, accepted }];
  });
}

function isRegion(value: unknown): boolean {
  return (REGIONS as readonly unknown[]).includes(value);
}
