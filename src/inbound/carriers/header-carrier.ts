import type { Carrier } from "./credentials.ts";

/** Which header a client uses. */
export interface HeaderCarrierOptions {
  /** `Authorization`: requests bring `Bearer TEXT`, responses give `Moor-Token`. Another name is used in both directions. */
  readonly name: string;
}

/** A carrier whose header may also say other things. */
export interface HeaderCarrier extends Carrier {
  /** The header of responses. */
  readonly responseHeader: string;
  /** Whether a client without a token asks for a token, by sending `new` in its place. */
  isAsked(request: Request): boolean;
  /** Cuts out of a request's headers what the carrier reads. */
  cut(headers: Headers): void;
}

const RESPONSE_HEADER = "Moor-Token";
const ASKING = "new";
/** A token by its form, with the parts that may follow it: an origin's own bearer tokens do not match. */
const FORM = /^[A-Za-z0-9_-]{84}(?:\.[A-Za-z0-9_-]{0,56}(?:\.[A-Za-z0-9_-]{0,34})?)?$/;

/**
 * Token, proof and mark as one text in a header. A client sends back the text that it was given; an empty text holds no
 * parts.
 */
export function createHeaderCarrier({ name }: HeaderCarrierOptions): HeaderCarrier {
  const isBearer = name.toLowerCase() === "authorization";
  const responseHeader = isBearer ? RESPONSE_HEADER : name;
  const textIn = (headers: Headers): string | undefined => {
    const value = headers.get(name);
    if (value === null) return undefined;
    return isBearer ? /^bearer +([^ ]+)$/i.exec(value)?.[1] : value;
  };

  return {
    apart: false,
    sameSite: "none",
    responseHeader,
    read({ headers }) {
      const text = textIn(headers);
      return text !== undefined && FORM.test(text) ? text : null;
    },
    isAsked: ({ headers }) => textIn(headers) === ASKING,
    cut(headers) {
      const text = textIn(headers);
      if (text !== undefined && (!isBearer || text === ASKING || FORM.test(text))) headers.delete(name);
    },
    write: (headers, text) => headers.set(responseHeader, text),
    clear: (headers) => headers.set(responseHeader, ""),
  };
}
