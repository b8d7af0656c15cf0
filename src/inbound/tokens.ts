import { BoundedMap } from "../bounded-map.ts";
import type { KeyRing } from "./key-ring.ts";
import { createMac } from "./mac.ts";
import { openProof, signProof } from "./proof.ts";
import { decodeToken, encodeTokenBody, joinToken, sessionId, type Token } from "./token.ts";

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
  /** A token with a fresh random key for a session that exists nowhere; it lives `lifeMs` from `now`. `home`: see {@link Token}. */
  mint(now: number, lifeMs: number, home: number): Promise<OpenedToken>;
  /** The text of a token; `proof` adds the proof of its generation. */
  sign(token: OpenedToken, options: { proof: boolean }): Promise<string>;
}

/** Joins a token and its proof; neither alphabet has it. */
export const PROOF_SEPARATOR = ".";
const REMEMBERED = 8192;

/**
 * Tokens signed by the ring's first key and verified by all of them.
 *
 * Opened tokens and proofs are remembered, so that one that returns to the same isolate costs no crypto. They are
 * remembered apart: any number of junk proofs could come with one genuine token.
 */
export function createTokens(ring: KeyRing, random: (bytes: Uint8Array<ArrayBuffer>) => void = fillAtRandom): Tokens {
  const mac = createMac(ring);
  const opened = new BoundedMap<string, Omit<OpenedToken, "generation">>(REMEMBERED);
  const proved = new BoundedMap<string, Pick<OpenedToken, "id" | "generation">>(REMEMBERED);

  async function openToken(text: string): Promise<Omit<OpenedToken, "generation"> | undefined> {
    const remembered = opened.get(text);
    if (remembered) return remembered;
    const decoded = decodeToken(text);
    if (!decoded || !(await mac.verify(decoded.body, decoded.mac, decoded.signingKey))) return undefined;
    const token = { ...decoded.token, id: await sessionId(decoded.token.key) };
    opened.set(detach(text), token);
    return token;
  }

  async function generationOf(proof: string, id: string): Promise<number> {
    const remembered = proved.get(proof);
    if (remembered) return remembered.id === id ? remembered.generation : 0;
    const generation = await openProof(mac, proof, id);
    if (generation > 0) proved.set(detach(proof), { id, generation });
    return generation;
  }

  return {
    async open(text, now) {
      const end = text.indexOf(PROOF_SEPARATOR);
      const token = await openToken(end < 0 ? text : text.slice(0, end));
      if (!token || now >= token.expiresAt) return undefined;
      return { ...token, generation: end < 0 ? 0 : await generationOf(text.slice(end + 1), token.id) };
    },

    async mint(now, lifeMs, home) {
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
        home,
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
