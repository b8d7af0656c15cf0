import { SEPARATOR } from "../../../src/carriers/credentials.ts";
import { macRing } from "../../support/rings.ts";
import { createTokenTexts } from "../../support/token-texts.ts";
import { forgedProof, forgedToken, GENUINE, OTHER, PROOF } from "../forged.ts";
import { NOW } from "../moor.ts";
import { demand, type Target } from "../target.ts";

/** Tokens by themselves. */
export const tokens: Target<string> = {
  name: "tokens",
  about: "forged, cut and expired tokens: none opens, with a genuine proof or without",
  cases: forgedToken,
  async start() {
    const ring = createTokenTexts(macRing(1));
    demand((await ring.open(GENUINE, NOW)) !== undefined, "the genuine token does not open");
    return async (text) => {
      for (const tried of [text, text + SEPARATOR + PROOF]) {
        demand((await ring.open(tried, NOW)) === undefined, "a forged token opens");
      }
      return "not opened";
    };
  },
};

/** Proofs beside a genuine token. */
export const proofs: Target<string> = {
  name: "proofs",
  about: "forged proofs beside a genuine token: none proves a generation",
  cases: forgedProof,
  async start() {
    const ring = createTokenTexts(macRing(1));
    const genuine = await ring.open(GENUINE + SEPARATOR + PROOF, NOW);
    demand(genuine?.generation === 2, "the genuine proof proves nothing");
    demand((await ring.open(OTHER, NOW))?.generation === 9, "the genuine proof of another session proves nothing");
    return async (proof) => {
      const opened = await ring.open(GENUINE + SEPARATOR + proof, NOW);
      demand(opened?.generation === 0, "a forged proof is accepted, or hides a genuine token");
      return "not accepted";
    };
  },
};
