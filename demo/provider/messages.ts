import type { JWK } from "jose";

/** The client that the shop is at the provider. */
export const CLIENT_ID = "shop";

/** Everything that a provider keeps while it is dead: its keys, and its client. */
export interface Setup {
  readonly port: number;
  readonly clientSecret: string;
  /** The addresses of the shop, each of which has a callback below it. */
  readonly shopUrls: readonly string[];
  /** Signs ID tokens. */
  readonly key: JWK;
  /** Signs the provider's own cookies. */
  readonly cookieKey: string;
}

/** A row of the provider's database. */
export interface Row {
  readonly payload: Readonly<Record<string, unknown>>;
  /** Milliseconds since 1970; `undefined`: never. */
  readonly expiresAt: number | undefined;
}

/** To the provider's process, once: its setup, and the rows of its database. */
export interface Begin {
  readonly setup: Setup;
  readonly rows: readonly (readonly [key: string, row: Row])[];
}

/** A visit of Moor at the provider, with no browser between them. */
export interface TokenUse {
  /** Moor brought the code of a login, or the refresh token of an earlier login. */
  readonly kind: "code" | "refresh";
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly account: string;
  /** The login session at the provider: it stays the same when a login is renewed. */
  readonly session: string;
  /** SHA-256 of the code, in hexadecimal. Absent for a refresh token. */
  readonly codeDigest?: string;
}

/** From the provider's process: it answers; a row was stored or, without a row, deleted; Moor got tokens. */
export type FromProvider =
  | { readonly kind: "listening" }
  | { readonly kind: "row"; readonly key: string; readonly row?: Row }
  | { readonly kind: "tokens"; readonly use: TokenUse };
