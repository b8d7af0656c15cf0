import type { ResolvedCarrier, ResolvedCookieCarrier } from "../../config/resolved.ts";
import { createCookieCarrier } from "./cookie-carrier.ts";
import { createOwnCookies, type OwnCookies } from "./cookies.ts";
import type { Carrier } from "./credentials.ts";
import { createHeaderCarrier } from "./header-carrier.ts";
import { createUrlCarrier, type UrlCarrier } from "./url-carrier.ts";

/** The token that a request brought, and the carrier to which new values for its client are written. */
export interface Brought<Token> {
  readonly carrier: Carrier;
  /** The text that was read; "" without a token. */
  readonly text: string;
  readonly token: Token | undefined;
  /** Where links carry what the client holds: it came by the URL, or the client may have no other carrier. */
  readonly links: UrlCarrier | undefined;
  /** Whether the client has asked for a token. */
  readonly asks: boolean;
}

/** All carriers of a configuration. */
export interface Carriers {
  /**
   * Reads the token of a request. If several carriers hold a text, the first text that opens counts, in the declared
   * order of the carriers. Without a token, a new token is written to the carrier in which the client asks for it, else
   * to the cookie, else to the first carrier.
   */
  bring<Token>(
    request: Request,
    secure: boolean,
    open: (text: string) => Promise<Token | undefined>,
  ): Promise<Brought<Token>>;
  /**
   * Cuts out of a request's address what carriers read. Returns the carrier whose token stood there, though it may not have been read:
   * the browser shows the page at that address.
   */
  strip(url: URL): UrlCarrier | undefined;
  /** Cuts out of the headers of a request to an origin what carriers read, whether it opens or not. */
  cut(headers: Headers): void;
  /** The names that an origin's response may not set: these cookies in `Set-Cookie`, and these headers. */
  readonly own: Own;
  /** Whether browsers keep the cookie back from posts of other sites (`SameSite`), or there is no cookie. */
  readonly sameSite: boolean;
}

/** Names that are Moor's in a response. */
export interface Own {
  isCookie(name: string): boolean;
  readonly headers: readonly string[];
}

/** The parts that carriers are made with. */
export interface CarriersOptions {
  readonly markLifeSeconds: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** The carriers of a configuration, in its order. */
export function createCarriers(settings: readonly ResolvedCarrier[], options: CarriersOptions): Carriers {
  const cookie = settings.find((carrier): carrier is ResolvedCookieCarrier => carrier.type === "cookie");
  const cookies = cookie && createOwnCookies(cookie);
  const headers = settings.flatMap((carrier) => (carrier.type === "header" ? [createHeaderCarrier(carrier)] : []));

  const address = settings.find((carrier) => carrier.type === "url");
  const links = address && createUrlCarrier(address);

  const listOf = (secure: boolean) => {
    const cookieCarrier = cookie && cookies && createCookieCarrier({ ...options, settings: cookie, cookies, secure });
    const left = [...headers];
    const inOrder = settings.flatMap(({ type }): Carrier[] => {
      const carrier = type === "cookie" ? cookieCarrier : type === "url" ? links : left.shift();
      return carrier ? [carrier] : [];
    });
    return { inOrder, byDefault: cookieCarrier ?? (inOrder[0] as Carrier) };
  };
  const https = listOf(true);
  const http = listOf(false);

  return {
    async bring(request, secure, open) {
      const { inOrder, byDefault } = secure ? https : http;
      for (const carrier of inOrder) {
        const text = carrier.read(request);
        const token = text === null ? undefined : await open(text);
        if (text !== null && token !== undefined) {
          return { carrier, text, token, asks: false, links: carrier === links ? links : undefined };
        }
      }
      const asked = headers.find((carrier) => carrier.isAsked(request));
      const nothing = { text: "", token: undefined };
      return asked
        ? { ...nothing, carrier: asked, asks: true, links: undefined }
        : { ...nothing, carrier: byDefault, asks: false, links };
    },

    strip(url) {
      return links?.strip(url) ? links : undefined;
    },

    cut(sent) {
      links?.cut(sent);
      if (cookies) cutCookies(sent, cookies);
      for (const carrier of headers) carrier.cut(sent);
    },

    own: {
      isCookie: (name) => cookies?.has(name) ?? false,
      headers: headers.map(({ responseHeader }) => responseHeader),
    },
    sameSite: cookie?.sameSite !== "none",
  };
}

/** Whether the client holds the token and the proof as one text, so that each new token needs its proof again. */
export function holdsOneText({ carrier, links }: Brought<unknown>): boolean {
  return !carrier.apart || links !== undefined;
}

function cutCookies(headers: Headers, cookies: OwnCookies): void {
  const given = headers.get("Cookie");
  const { rest } = cookies.split(given);
  if (rest === null) headers.delete("Cookie");
  else if (rest !== given) headers.set("Cookie", rest);
}
