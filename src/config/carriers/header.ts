import { literal, optional } from "valibot";
import { carrierHeader } from "../grammar.ts";
import { shape, value } from "../shapes.ts";
import { carrierSettings } from "./settings.ts";

/** A header, the carrier of API and mobile clients. */
export interface HeaderCarrierConfig {
  type: "header";
  /**
   * Default `"Authorization"`: requests send `Authorization: Bearer TOKEN`, responses send `Moor-Token`. Any other name, for example
   * `"X-Auth-Token"`, is used in both directions.
   */
  name?: string;
}

const DEFAULT_NAME = "Authorization";

/** The settings of the header. */
export const header = carrierSettings<HeaderCarrierConfig>()({
  schema: shape({ type: literal("header"), name: optional(value(carrierHeader)) }),
  resolve: ({ name = DEFAULT_NAME }): Readonly<Required<HeaderCarrierConfig>> => ({ type: "header", name }),
  place: ({ name = DEFAULT_NAME }) => (carrierHeader.accepts(name) ? `header ${name.toLowerCase()}` : undefined),
  another: "a header that no other carrier has",
});
