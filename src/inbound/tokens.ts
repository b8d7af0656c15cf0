import { BoundedMap } from "../bounded-map.ts";
import type { KeyRing } from "./key-ring.ts";
import { createMac } from "./mac.ts";
import { openProof, PROOF_LENGTH, signProof } from "./proof.ts";
import { decodeToken, encodeTokenBody, joinToken, sessionId, TOKEN_LENGTH, type Token } from "./token.ts";

/** A token whose signature and lifetime have been checked. */
export interface OpenedToken extends Token {
  /** The session's id; see {@link sessionId}. */
  readonly id: string;
  /** The generation that the client has proved; 0 without a proof. */
  readonly generation: number;
}

/** Opens, mints and signs tokens. What travels is `token` or, with a proof, `token.proof`. */
export interface Tokens {
  /** The token in `text`, or `undefined` if it is forged, cut, expired or signed by a key that left the ring. */
  open(text: string, now: number): Promise<OpenedToken | undefined>;
  /** A token with a fresh random key for a session that exists nowhere; it lives `lifeMs` from `now`. */
  mint(now: number, lifeMs: number): Promise<OpenedToken>;
  /** The text of a token; `proof` adds the proof of its generation. */
  sign(token: OpenedToken, options: { proof: boolean }): Promise<string>;
}

/** Joins a token and its proof; neither alphabet has it. */
export const PROOF_SEPARATOR = ".";
const WITH_PROOF_LENGTH = TOKEN_LENGTH + PROOF_SEPARATOR.length + PROOF_LENGTH;
const REMEMBERED_TOKENS = 8192;

/**
 * Tokens signed by the ring's first key and verified by all of them.
 *
 * Opened tokens are remembered, so that one that returns to the same isolate costs no crypto.
 */
export function createTokens(ring: KeyRing, random: (bytes: Uint8Array<ArrayBuffer>) => void = fillAtRandom): Tokens {
  const mac = createMac(ring);
  const opened = new BoundedMap<string, OpenedToken>(REMEMBERED_TOKENS);

  async function verify(text: string): Promise<OpenedToken | undefined> {
    const tokenText = text.slice(0, TOKEN_LENGTH);
    const proofText = text.slice(TOKEN_LENGTH);
    const decoded = decodeToken(tokenText);
    if (!decoded || !(await mac.verify(decoded.body, decoded.mac, decoded.signingKey))) return undefined;
    const id = await sessionId(decoded.token.key);
    const generation = proofText.startsWith(PROOF_SEPARATOR) ? await openProof(mac, proofText.slice(1), id) : 0;
    return { ...decoded.token, id, generation };
  }

  return {
    async open(presented, now) {
      // What is no proof by its length is cut off, so that a client cannot fill the memory with it.
      const text = presented.length === WITH_PROOF_LENGTH ? presented : presented.slice(0, TOKEN_LENGTH);
      let token = opened.get(text);
      if (!token) {
        token = await verify(text);
        if (token) opened.set(detach(text), token);
      }
      return token && now < token.expiresAt ? token : undefined;
    },

    async mint(now, lifeMs) {
      const key = new Uint8Array(16);
      random(key);
      const bornAt = Math.floor(now / 1000) * 1000;
      return {
        id: await sessionId(key),
        generation: 0,
        key,
        version: 0,
        bornAt,
        issuedAt: bornAt,
        touchedAt: bornAt,
        expiresAt: bornAt + lifeMs,
        replicated: false,
        home: 0,
        pin: 0,
      };
    },

    async sign(token, { proof }) {
      const body = encodeTokenBody(token, mac.signingKey);
      const text = joinToken(body, await mac.sign(body));
      return proof ? text + PROOF_SEPARATOR + (await signProof(mac, token.id, token.generation)) : text;
    },
  };
}

/** A copy that shares no memory: V8 keeps the whole `Cookie` header alive for a slice of it. */
function detach(text: string): string {
  return text.split("").join("");
}

function fillAtRandom(bytes: Uint8Array<ArrayBuffer>): void {
  crypto.getRandomValues(bytes);
}
