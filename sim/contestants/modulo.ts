import { encodeUtf8, murmur3 } from "../../src/affinity/murmur3.ts";
import { createWeightedPick } from "../../src/upstream/choose/nginx/tries.ts";
import type { Contestant } from "./contestant.ts";

/** The hash modulo the sum of the weights: the first algorithm that most people write. */
export const modulo: Contestant = {
  name: "modulo",
  compile(origins) {
    const at = createWeightedPick(origins.map(({ weight }) => weight));
    return (session) => at(murmur3(encodeUtf8(session), 0x9747b28c));
  },
};
