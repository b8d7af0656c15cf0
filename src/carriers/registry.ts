import type { InferOutput } from "valibot";
import type { CarrierOptions, CreatedCarrier } from "./carrier.ts";
import { cookie, cookieForm } from "./cookie.ts";
import { header, headerForm } from "./header.ts";
import { url, urlForm } from "./url.ts";

/** The registry: each kind of carrier, by its `type`. */
export const CARRIERS = { cookie, header, url } as const;
/** The forms of their settings, which are apart because a build for a configuration that was checked has none. */
export const CARRIER_FORMS = { cookie: cookieForm, header: headerForm, url: urlForm } as const;

/** The `type` of a carrier. */
export type CarrierType = keyof typeof CARRIERS;
type Kind = (typeof CARRIERS)[CarrierType];

/** How the token travels. */
export type CarrierConfig = NonNullable<Kind["config"]>;
/** A carrier with every default filled in. */
export type ResolvedCarrier = ReturnType<Kind["resolve"]>;
/** A carrier of the right form. */
type CheckedCarrier = InferOutput<ReturnType<(typeof CARRIER_FORMS)[CarrierType]["schema"]>>;

/** Fills in the defaults of a carrier. */
export function resolveCarrier(carrier: CheckedCarrier): ResolvedCarrier {
  const resolve = CARRIERS[carrier.type].resolve as (checked: CheckedCarrier) => ResolvedCarrier;
  return resolve(carrier);
}

/** Creates a carrier from its settings. */
export function createCarrier(settings: ResolvedCarrier, options: CarrierOptions): CreatedCarrier {
  const { create } = CARRIERS[settings.type] as {
    create(settings: ResolvedCarrier, options: CarrierOptions): CreatedCarrier;
  };
  return create(settings, options);
}
