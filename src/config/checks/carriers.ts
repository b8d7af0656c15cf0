import type { CarrierForm } from "../../carriers/kind.ts";
import { CARRIER_FORMS, type CarrierType } from "../../carriers/registry.ts";
import { describe, type Item, type Mistake } from "../../settings/mistakes.ts";

interface Carrier extends Item {
  readonly form: CarrierForm;
}

/** Mistakes between the values of carriers: cookies that browsers would refuse, and tokens that would be read by luck. */
export function carrierMistakes(items: readonly Item[]): Mistake[] {
  const carriers = items.flatMap((item): Carrier[] => {
    const { type } = item.value;
    const isKnown = typeof type === "string" && Object.hasOwn(CARRIER_FORMS, type);
    return isKnown ? [{ ...item, form: CARRIER_FORMS[type as CarrierType] }] : [];
  });
  return [
    ...carriers.flatMap((carrier) => carrier.form.mistakes?.(carrier) ?? []),
    ...repeated(carriers),
    ...carriers.flatMap(({ form, value, path }) => {
      if (form.lastBecause === undefined || path === items.at(-1)?.path) return [];
      const found = `${describe(value.type)} before another carrier`;
      return [{ path, found, accepted: `the last carrier: ${form.lastBecause}` }];
    }),
  ];
}

/** No two carriers may read the same part of a request. */
function repeated(carriers: readonly Carrier[]): Mistake[] {
  const first = new Map<string, string>();
  return carriers.flatMap(({ form, value, path }) => {
    const place = form.place(value);
    const earlier = place && first.get(place);
    if (place && !earlier) first.set(place, path);
    if (!earlier) return [];
    return [{ path, found: `${describe(value.type)}, as at ${earlier}`, accepted: form.another }];
  });
}
