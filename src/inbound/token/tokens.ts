import type { Credentials } from "../../carriers/credentials.ts";
import { BoundedMap } from "../../lib/bounded-map.ts";
import type { KeyRing } from "./key-ring.ts";
import { createMac } from "./mac.ts";
import { markOf, openMark, signMark } from "./mark.ts";
import { openProof, signProof } from "./proof.ts";
import { decodeToken, encodeTokenBody, joinToken, sessionId, type Token } from "./token.ts";

/** A token whose signature and lifetime have been checked. */
export interface OpenedToken extends Token {
  /** The session's id; see {@link sessionId}. */
  readonly id: string;
  /** The generation that the client has proved; 0 without a proof. */
  readonly generation: number;
  /** The only host at which the token is valid. It is signed along, and not in the text. Default: it is valid at every host. */
  readonly boundTo?: string | undefined;
  /** Until when the journal may have taken something of the session, as a genuine mark says: milliseconds since 1970. */
  readonly markedAt?: number | undefined;
  /** Whether the client has not sent it: the cookie of an old application stands for it. */
  readonly byOldCookie?: true;
  /** The ids of older sessions whose tokens the client also sent. Absent: there are none, or a client holds one token. */
  readonly older?: readonly string[];
}

/** Opens, mints and signs tokens, with the proofs and marks beside them. */
export interface Tokens {
  /** The same as {@link open}, if the credentials have been opened before; `undefined`: they must be opened. */
  known(credentials: Credentials, now: number, boundTo?: string): OpenedToken | undefined;
  /**
   * The token of a client, with the generation and the mark that go with it. `undefined` if it is forged, cut, expired or signed by a
   * key that left the ring.
   *
   * @param boundTo the host at which the token was sent, if tokens are bound to it. Default: they are not.
   * @param refused is told why a text is not a token, unless the token has merely expired.
   */
  open(
    credentials: Credentials,
    now: number,
    refused?: (fault: TokenFault) => void,
    boundTo?: string,
  ): Promise<OpenedToken | undefined>;
  /**
   * A token with a fresh random key for a session that exists nowhere; it lives `lifeMs` from `now`. `home`: see {@link Token}.
   * `boundTo`: default, every host. `key`: 16 bytes that are as hard to guess as random ones; default, random ones.
   */
  mint(
    now: number,
    lifeMs: number,
    home: number,
    boundTo?: string,
    key?: Uint8Array<ArrayBuffer>,
  ): Promise<OpenedToken>;
  /** The credentials for a token; `proof` adds the proof of its generation. */
  sign(token: OpenedToken, options: { proof: boolean }): Promise<Credentials>;
  /** The text of a mark of the session `id`: until `at`, milliseconds since 1970, the journal may have taken something of it. */
  signMark(id: string, at: number): Promise<string>;
}

/** Why a text that a client sent as a token is not a token, although it has not expired. */
export type TokenFault = "malformed" | "unknown-key" | "forged";

/** How tokens are made and judged. */
export interface TokensOptions {
  /** Fills bytes at random. Default: the platform's. */
  readonly random?: (bytes: Uint8Array<ArrayBuffer>) => void;
}

const REMEMBERED = 8192;

/**
 * Tokens that the ring's first key signs and all of its keys verify.
 *
 * Opened tokens, proofs and marks are remembered, so that a text that returns to the same isolate costs no crypto. Each
 * kind is remembered separately: any number of junk proofs could come with a genuine token.
 */
export function createTokens(ring: KeyRing, { random = fillAtRandom }: TokensOptions = {}): Tokens {
  const mac = createMac(ring);
  const opened = new BoundedMap<string, OpenedToken>(REMEMBERED);
  const generationOf = rememberGenuine((proof, id) => openProof(mac, proof, id));
  const markedAtOf = rememberGenuine((mark, id) => openMark(mac, mark, id));

  async function openForFirstTime(
    text: string,
    boundTo: string | undefined,
    refused: (fault: TokenFault) => void = () => {},
  ): Promise<OpenedToken | undefined> {
    const decoded = decodeToken(text);
    if (!decoded) return void refused("malformed");
    const { body, mac: given, signingKey } = decoded;
    if (!(await mac.verify(boundTo === undefined ? body : withHost(body, boundTo), given, signingKey))) {
      return void refused(ring.some(({ id }) => id === signingKey) ? "forged" : "unknown-key");
    }
    const token = { ...decoded.token, id: await sessionId(decoded.token.key), generation: 0, boundTo };
    opened.set(detach(text), token);
    return token;
  }

  function atRandom(): Uint8Array<ArrayBuffer> {
    const key = new Uint8Array(16);
    random(key);
    return key;
  }

  return {
    known({ token: text, proof, marks }, now, boundTo) {
      const token = opened.get(text);
      if (!token || token.boundTo !== boundTo || now >= token.expiresAt || marks.length > 0) return undefined;
      if (proof === "") return token;
      const generation = generationOf.known(proof, token.id);
      return generation === undefined ? undefined : { ...token, generation };
    },

    async open({ token: text, proof, marks }, now, refused, boundTo) {
      const known = opened.get(text);
      const token = known && known.boundTo === boundTo ? known : await openForFirstTime(text, boundTo, refused);
      if (!token || now >= token.expiresAt) return undefined;
      const proved = proof === "" ? token : { ...token, generation: await generationOf.open(proof, token.id) };
      const mark = marks.length === 0 ? undefined : markOf(token.id, marks);
      const markedAt = mark === undefined ? 0 : await markedAtOf.open(mark, token.id);
      return markedAt === 0 ? proved : { ...proved, markedAt };
    },

    async mint(now, lifeMs, home, boundTo, key = atRandom()) {
      const bornAt = Math.floor(now / 1000) * 1000;
      return {
        id: await sessionId(key),
        generation: 0,
        boundTo,
        key,
        version: 0,
        bornAt,
        issuedAt: bornAt,
        touchedAt: bornAt,
        expiresAt: bornAt + lifeMs,
        replicated: false,
        home,
        pin: 0,
      };
    },

    async sign(token, { proof }) {
      const body = encodeTokenBody(token, mac.signingKey);
      const { boundTo } = token;
      const text = joinToken(body, await mac.sign(boundTo === undefined ? body : withHost(body, boundTo)));
      return { token: text, proof: proof ? await signProof(mac, token.id, token.generation) : "", marks: [] };
    },

    signMark: (id, at) => signMark(mac, id, at),
  };
}

/**
 * Remembers the values that genuine texts prove, each for one session. A text that proves nothing (0) is not
 * remembered.
 */
function rememberGenuine(open: (text: string, id: string) => Promise<number>) {
  const remembered = new BoundedMap<string, { readonly id: string; readonly proves: number }>(REMEMBERED);
  const known = (text: string, id: string): number | undefined => {
    const found = remembered.get(text);
    return found && (found.id === id ? found.proves : 0);
  };
  return {
    known,
    async open(text: string, id: string): Promise<number> {
      const found = known(text, id);
      if (found !== undefined) return found;
      const proves = await open(text, id);
      if (proves > 0) remembered.set(detach(text), { id, proves });
      return proves;
    },
  };
}

/** The bytes that the MAC of a bound token covers. All bodies have one length, so no two pairs of body and host give the same bytes. */
function withHost(body: Uint8Array, host: string): Uint8Array<ArrayBuffer> {
  const name = new TextEncoder().encode(host);
  const bytes = new Uint8Array(body.length + name.length);
  bytes.set(body);
  bytes.set(name, body.length);
  return bytes;
}

/** A copy that shares no memory: V8 keeps the whole `Cookie` header alive for a slice of it. */
function detach(text: string): string {
  return text.split("").join("");
}

function fillAtRandom(bytes: Uint8Array<ArrayBuffer>): void {
  crypto.getRandomValues(bytes);
}
