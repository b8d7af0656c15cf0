import {
  type AddressCarrier,
  type Carrier,
  type CarrierOptions,
  CHANGE_COOKIE,
  type OwnNames,
} from "../carriers/carrier.ts";
import { type Credentials, NO_CREDENTIALS } from "../carriers/credentials.ts";
import { createCarrier, type ResolvedCarrier } from "../carriers/registry.ts";
import type { AskedParts, ReadHeaders } from "../lib/asked.ts";
import type { OpenedToken } from "./token/tokens.ts";

/** The client of a request: what it holds of Moor, and the carrier by which it is given new credentials. */
export interface Client {
  readonly carrier: Carrier;
  /** The credentials that it sent. Without a token that opens, it counts as holding none. */
  readonly credentials: Credentials;
  readonly token: OpenedToken | undefined;
  /** Whether the token is a provisional token: the client has no other token, or has not sent it. */
  readonly isProvisional: boolean;
  /** Carries the credentials in links: they came by the address, or the client may have no other carrier. */
  readonly links: AddressCarrier | undefined;
  /** Whether it has asked for a token. */
  readonly asks: boolean;
}

/** How the token of a client is opened. */
export interface OpenToken {
  /** The token, if it has been opened before. `undefined`: it must be opened. */
  known(credentials: Credentials): OpenedToken | undefined;
  open(credentials: Credentials): Promise<OpenedToken | undefined>;
}

/** All carriers of a configuration. */
export interface Carriers {
  /**
   * Reads the client of a request. If several carriers bring credentials, the first whose token opens count, in the declared
   * order of the carriers. Without a token, a new token is written to the carrier in which the client asks for it, else
   * to the cookie, else to the first carrier. A provisional token counts if the client has no other token and asks for none.
   *
   * Answers at once if no token must be opened for the first time.
   *
   * @param place the place of the first carrier that is asked. Default 0.
   */
  read(request: AskedParts, secure: boolean, tokens: OpenToken, place?: number): Client | Promise<Client>;
  /**
   * Cuts out of a request's address what carriers read. Returns the carrier whose token stood there, though it may not have been read:
   * the browser shows the page at that address. Absent: no carrier uses the address.
   */
  readonly strip: ((url: URL) => AddressCarrier | undefined) | undefined;
  /** Cuts out of the headers of a request to an origin what carriers read; see {@link Carrier.cut}. */
  cut(headers: Headers, sent?: ReadHeaders): void;
  /** The names that an origin's response may not set: these cookies in `Set-Cookie`, and these headers. */
  readonly own: OwnNames;
  /** Whether browsers keep the cookie back from posts of other sites (`SameSite`), or there is no cookie. */
  readonly sameSite: boolean;
}

/** The carriers of a configuration, in its order. */
export function createCarriers(settings: readonly ResolvedCarrier[], options: CarrierOptions): Carriers {
  const created = settings.map((each) => createCarrier(each, options));
  const https = created.map((carrier) => carrier.https);
  const http = created.map((carrier) => carrier.http);
  const [links] = https.flatMap(({ address }) => address ?? []);

  function read(request: AskedParts, secure: boolean, tokens: OpenToken, place = 0): Client | Promise<Client> {
    const carriers = secure ? https : http;
    for (let at = place; at < carriers.length; at++) {
      const carrier = carriers[at] as Carrier;
      const credentials = carrier.read(request);
      if (!credentials) continue;
      const token = tokens.known(credentials);
      if (!token)
        return tokens
          .open(credentials)
          .then((opened) =>
            opened
              ? read(request, secure, { ...tokens, known: () => opened }, at)
              : read(request, secure, tokens, at + 1),
          );
      const links = carrier.address;
      return {
        carrier: carrier.at?.(request) ?? carrier,
        credentials,
        token,
        isProvisional: false,
        asks: false,
        links,
      };
    }
    const nothing = { credentials: NO_CREDENTIALS, token: undefined, isProvisional: false };
    const asked = carriers.find((carrier) => carrier.asks?.(request));
    if (asked) return { ...nothing, carrier: asked, asks: true, links: undefined };
    const byDefault = carriers.find(({ apart }) => apart) ?? (carriers[0] as Carrier);
    const rest = { carrier: byDefault.at?.(request) ?? byDefault, asks: false };
    const credentials = byDefault.provisional?.read(request);
    if (!credentials) return { ...nothing, ...rest, links };
    return tokens.open(credentials).then((token) =>
      // Moor gives no other version there: a token of a stored session was put there by somebody else.
      token?.version === 0
        ? { ...rest, credentials, token, isProvisional: true, links: undefined }
        : { ...nothing, ...rest, links },
    );
  }

  return {
    read,

    strip: links && ((url) => (links.strip(url) ? links : undefined)),

    cut(headers, sent) {
      for (const carrier of https) carrier.cut(headers, sent);
    },

    own: {
      isCookie: (name) => name === CHANGE_COOKIE || https.some(({ owns }) => owns.isCookie(name)),
      headers: https.flatMap(({ owns }) => owns.headers),
    },
    sameSite: https.every(({ apart, sameSite }) => !apart || sameSite !== "none"),
  };
}
