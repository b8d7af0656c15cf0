import { type InferOutput, literal, optional } from "valibot";
import type { ReadHeaders } from "../lib/asked.ts";
import { carrierHeader } from "../settings/grammar.ts";
import { shape, value } from "../settings/shapes.ts";
import type { Carrier, CreatedCarrier } from "./carrier.ts";
import { CREDENTIALS_FORM, joinCredentials, splitCredentials } from "./credentials.ts";
import { type CarrierForm, defineCarrier } from "./kind.ts";

/** A header, the carrier of API and mobile clients. */
export interface HeaderCarrierConfig {
  type: "header";
  /**
   * Default `"Authorization"`: requests send `Authorization: Bearer TOKEN`, responses send `Moor-Token`. Any other name, for example
   * `"X-Auth-Token"`, is used in both directions.
   */
  name?: string;
}

/** With every default filled in. */
export type ResolvedHeaderCarrier = Readonly<Required<HeaderCarrierConfig>>;

const DEFAULT_NAME = "Authorization";
const RESPONSE_HEADER = "Moor-Token";
const ASKING = "new";

/** The form of its settings. */
export const headerForm = {
  schema: () => shape({ type: literal("header"), name: optional(value(carrierHeader)) }),
  place: ({ name = DEFAULT_NAME }) => (carrierHeader.accepts(name) ? `header ${name.toLowerCase()}` : undefined),
  another: "a header that no other carrier has",
} satisfies CarrierForm;

/** The header. */
export const header = defineCarrier<HeaderCarrierConfig>()({
  resolve: ({ name = DEFAULT_NAME }: InferOutput<ReturnType<typeof headerForm.schema>>): ResolvedHeaderCarrier => ({
    type: "header",
    name,
  }),
  create: createHeaderCarrier,
});

/**
 * Token, proof and mark as one text in a header. A client sends back the text that it was given; an empty text holds no
 * parts. A client without a token asks for a token by sending `new` in its place.
 */
function createHeaderCarrier({ name }: ResolvedHeaderCarrier): CreatedCarrier {
  const isBearer = name.toLowerCase() === "authorization";
  const responseHeader = isBearer ? RESPONSE_HEADER : name;
  const textIn = (headers: ReadHeaders): string | undefined => {
    const value = headers.get(name);
    if (value === null) return undefined;
    return isBearer ? /^bearer +([^ ]+)$/i.exec(value)?.[1] : value;
  };

  const carrier: Carrier = {
    apart: false,
    sameSite: "none",
    read({ headers }) {
      const text = textIn(headers);
      return text !== undefined && CREDENTIALS_FORM.test(text) ? splitCredentials(text) : undefined;
    },
    asks: ({ headers }) => textIn(headers) === ASKING,
    write: (headers, credentials) => headers.set(responseHeader, joinCredentials(credentials)),
    clear: (headers) => headers.set(responseHeader, ""),
    cut(headers) {
      const text = textIn(headers);
      if (text !== undefined && (!isBearer || text === ASKING || CREDENTIALS_FORM.test(text))) headers.delete(name);
    },
    owns: { isCookie: () => false, headers: [responseHeader] },
  };
  return { https: carrier, http: carrier };
}
