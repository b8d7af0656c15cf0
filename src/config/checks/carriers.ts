import type { CarrierRules } from "../../carriers/kind.ts";
import { CARRIERS, type CarrierType } from "../../carriers/registry.ts";
import { describe, type Item, type Mistake } from "../../settings/mistakes.ts";

interface Carrier extends Item {
  readonly rules: CarrierRules;
}

/** Mistakes between the values of carriers: cookies that browsers would refuse, and tokens that would be read by luck. */
export function carrierMistakes(items: readonly Item[]): Mistake[] {
  const carriers = items.flatMap((item): Carrier[] => {
    const { type } = item.value;
    const isKnown = typeof type === "string" && Object.hasOwn(CARRIERS, type);
    return isKnown ? [{ ...item, rules: CARRIERS[type as CarrierType] }] : [];
  });
  return [
    ...carriers.flatMap((carrier) => carrier.rules.mistakes?.(carrier) ?? []),
    ...repeated(carriers),
    ...carriers.flatMap(({ rules, value, path }) => {
      if (rules.lastBecause === undefined || path === items.at(-1)?.path) return [];
      const found = `${describe(value.type)} before another carrier`;
      return [{ path, found, accepted: `the last carrier: ${rules.lastBecause}` }];
    }),
  ];
}

/** No two carriers may read the same part of a request. */
function repeated(carriers: readonly Carrier[]): Mistake[] {
  const first = new Map<string, string>();
  return carriers.flatMap(({ rules, value, path }) => {
    const place = rules.place(value);
    const earlier = place && first.get(place);
    if (place && !earlier) first.set(place, path);
    if (!earlier) return [];
    return [{ path, found: `${describe(value.type)}, as at ${earlier}`, accepted: rules.another }];
  });
}
