import type { InferOutput } from "valibot";
import { cookie } from "./cookie.ts";
import { header } from "./header.ts";
import { url } from "./url.ts";

/** The registry: the settings of each kind of carrier, by its `type`. */
export const CARRIER_SETTINGS = { cookie, header, url } as const;

/** The `type` of a carrier. */
export type CarrierType = keyof typeof CARRIER_SETTINGS;
type Settings = (typeof CARRIER_SETTINGS)[CarrierType];

/** How the token travels. */
export type CarrierConfig = NonNullable<Settings["config"]>;
/** A carrier with every default filled in. */
export type ResolvedCarrier = ReturnType<Settings["resolve"]>;
/** A carrier of the right form. */
type CheckedCarrier = InferOutput<Settings["schema"]>;

/** The form of each kind of carrier. */
export const carrierSchemas = Object.fromEntries(
  Object.entries(CARRIER_SETTINGS).map(([type, { schema }]) => [type, schema]),
) as { [Type in CarrierType]: (typeof CARRIER_SETTINGS)[Type]["schema"] };

/** Fills in the defaults of a carrier. */
export function resolveCarrier(carrier: CheckedCarrier): ResolvedCarrier {
  const resolve = CARRIER_SETTINGS[carrier.type].resolve as (checked: CheckedCarrier) => ResolvedCarrier;
  return resolve(carrier);
}
