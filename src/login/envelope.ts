import type { KeyRing } from "../inbound/token/key-ring.ts";
import { decodeBase64url, encodeBase64url } from "../lib/base64url.ts";

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
  readonly other?: Prompt;
}

/** What goes to the provider with a login that begins. */
export interface Sealed {
  readonly state: string;
  /** Ties the ID token to the login (OpenID Connect Core, section 3.1.2.1). */
  readonly nonce: string;
  /** Of PKCE (RFC 7636, section 4.1): 43 characters. */
  readonly verifier: string;
}

/** Seals and opens logins that are under way. */
export interface Envelopes {
  seal(started: Started): Promise<Sealed>;
  /** `undefined`: no key of the ring has sealed the text, or a character of it was changed. */
  open(state: string): Promise<(Sealed & { readonly started: Started }) | undefined>;
}

const FORMAT = 1;
const FLOW_BYTES = 16;
const HEAD_BYTES = 2 + FLOW_BYTES;
/** Each flow has a key of its own, which encrypts once. */
const IV = new Uint8Array(12);

/**
 * AES-256-GCM with a key for each flow: HKDF-SHA256 (RFC 5869) of a key of the ring and a random id. Nonce and verifier follow from
 * the same key, the flow and the session. So no store and no cookie has to keep them, and a stranger's code fits no session.
 *
 * @param ring of tokens. Its first key seals. A login is finished by the key that it began with.
 */
export function createEnvelopes(ring: KeyRing): Envelopes {
  async function derive(
    keyId: number,
    flow: Uint8Array,
    purpose: string,
  ): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const key = ring.find(({ id }) => id === keyId);
    if (!key) return undefined;
    const base = await crypto.subtle.importKey("raw", key.secret, "HKDF", false, ["deriveBits"]);
    const info = bytesOf(`moor login ${purpose} ${encodeBase64url(flow)}`);
    const derivation = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info };
    return new Uint8Array(await crypto.subtle.deriveBits(derivation, base, 256));
  }

  async function cipherOf(head: Uint8Array<ArrayBuffer>) {
    const secret = await derive(head[1] as number, head.subarray(2), "state");
    const key = secret && (await crypto.subtle.importKey("raw", secret, "AES-GCM", false, ["encrypt", "decrypt"]));
    return key && { key, algorithm: { name: "AES-GCM", iv: IV, additionalData: head } };
  }

  async function sealedAs(state: string, head: Uint8Array<ArrayBuffer>, session: string): Promise<Sealed> {
    const secret = async (purpose: string) =>
      encodeBase64url((await derive(head[1] as number, head.subarray(2), `${purpose} ${session}`)) as Uint8Array);
    return { state, nonce: await secret("nonce"), verifier: await secret("verifier") };
  }

  return {
    async seal(started) {
      const head = new Uint8Array(HEAD_BYTES);
      head.set([FORMAT, ring[0].id]);
      crypto.getRandomValues(head.subarray(2));
      const { key, algorithm } = (await cipherOf(head)) as NonNullable<Awaited<ReturnType<typeof cipherOf>>>;
      const sealed = await crypto.subtle.encrypt(algorithm, key, bytesOf(JSON.stringify(started)));
      const bytes = new Uint8Array(HEAD_BYTES + sealed.byteLength);
      bytes.set(head);
      bytes.set(new Uint8Array(sealed), HEAD_BYTES);
      return sealedAs(encodeBase64url(bytes), head, started.session);
    },

    async open(state) {
      const bytes = decodeBase64url(state) as Uint8Array<ArrayBuffer> | undefined;
      if (!bytes || bytes.length <= HEAD_BYTES || bytes[0] !== FORMAT) return undefined;
      const head = bytes.slice(0, HEAD_BYTES);
      const cipher = await cipherOf(head);
      if (!cipher) return undefined;
      try {
        const opened = await crypto.subtle.decrypt(cipher.algorithm, cipher.key, bytes.slice(HEAD_BYTES));
        const started = JSON.parse(new TextDecoder().decode(opened)) as Started;
        return { started, ...(await sealedAs(state, head, started.session)) };
      } catch (error) {
        // The text was changed on its way. The platform tells no more than that.
        if (error instanceof DOMException) return undefined;
        throw error;
      }
    },
  };
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>;
}
