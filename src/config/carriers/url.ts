import { literal, optional } from "valibot";
import { urlParameter } from "../grammar.ts";
import { shape, value } from "../shapes.ts";
import { carrierSettings } from "./settings.ts";

/** The URL, for browsers without cookies: links, forms and redirects in pages carry the token. */
export interface UrlCarrierConfig {
  type: "url";
  /** Name of the query parameter. Default `"moor"`. */
  name?: string;
}

/** The settings of the URL. */
export const url = carrierSettings<UrlCarrierConfig>()({
  schema: shape({ type: literal("url"), name: optional(value(urlParameter)) }),
  resolve: ({ name = "moor" }): Readonly<Required<UrlCarrierConfig>> => ({ type: "url", name }),
  place: () => "url",
  another: "one carrier of its type",
  lastBecause: "anybody can make a link",
});
