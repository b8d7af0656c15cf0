import type { Carrier, CreateCarrier } from "./carrier.ts";
import { CREDENTIALS_FORM, joinCredentials, splitCredentials } from "./credentials.ts";

/** The header of each direction. */
export interface HeaderCarrierSettings {
  /** `Authorization`: requests bring `Bearer TEXT`, responses give `Moor-Token`. Another name is used in both directions. */
  readonly name: string;
}

const RESPONSE_HEADER = "Moor-Token";
const ASKING = "new";

/**
 * Token, proof and mark as one text in a header. A client sends back the text that it was given; an empty text holds no
 * parts. A client without a token asks for a token by sending `new` in its place.
 */
export const createHeaderCarrier: CreateCarrier<HeaderCarrierSettings> = ({ name }) => {
  const isBearer = name.toLowerCase() === "authorization";
  const responseHeader = isBearer ? RESPONSE_HEADER : name;
  const textIn = (headers: Headers): string | undefined => {
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
};
