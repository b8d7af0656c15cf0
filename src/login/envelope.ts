import type { KeyRing } from "../inbound/token/key-ring.ts";
import { randomId } from "../lib/base64url.ts";
import { createSeal } from "../store/seal.ts";

/** How a provider is asked to let a visitor choose (OpenID Connect Core, section 3.1.2.1). Some providers know only one of the two. */
export type Prompt = "select_account" | "login";

/** A login that is under way, as `state` carries it to the provider and back. It is sealed, so its holder cannot read or change it. */
export interface Started {
  /** The id of the login in the configuration. Absent: it is the one login of the site. */
  readonly login?: string | undefined;
  /** The session that asked, and its generation: only this visitor may finish the login. */
  readonly session: string;
  readonly generation: number;
  /** Where the visitor wants to go: a path of this site, with its query. */
  readonly to: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** How often the login has begun again. */
  readonly tries: number;
  /** Present if the visitor wants another account than the account that is logged in: how the provider is asked for it. */
  readonly other?: Prompt | undefined;
}

/** What goes to the provider with a login that begins. */
export interface Sealed {
  readonly state: string;
  /** Ties the ID token to the login (OpenID Connect Core, section 3.1.2.1). */
  readonly nonce: string;
  /** Of PKCE (RFC 7636, section 4.1): 256 random bits, as 44 characters. */
  readonly verifier: string;
}

/** A login that is under way, from its envelope. */
export type Opened = Started & Sealed;

/** Seals and opens logins that are under way. */
export interface Envelopes {
  seal(started: Started): Promise<Sealed>;
  /** `undefined`: no key of the ring has sealed the text, or a character of it was changed. */
  open(state: string): Promise<Opened | undefined>;
}

/** A random id comes first, and names the key of the flow. */
const ID_CHARACTERS = 22;

/**
 * The envelope holds nonce and verifier as well. So no store and no cookie has to keep them, and a stranger's code fits no envelope of another
 * visitor. Each envelope has a key of its own, because anybody can have any number of envelopes made.
 *
 * @param ring of tokens. Its first key seals. A login is finished by the key that it began with.
 */
export function createEnvelopes(ring: KeyRing): Envelopes {
  const seal = createSeal(ring);
  const contextOf = (id: string) => ({ id, version: 0, purpose: "login" }) as const;

  return {
    async seal(started) {
      const id = randomId();
      const secrets = { nonce: randomId(), verifier: randomId() + randomId() };
      const sealed = await seal.close(contextOf(id), JSON.stringify({ ...started, ...secrets }));
      return { ...secrets, state: id + sealed };
    },

    async open(state) {
      const text = await seal.open(contextOf(state.slice(0, ID_CHARACTERS)), state.slice(ID_CHARACTERS));
      return text === undefined ? undefined : { ...JSON.parse(text), state };
    },
  };
}
