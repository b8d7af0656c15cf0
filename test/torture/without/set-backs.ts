import type { Edit, Rule } from "./rule.ts";

const noWitness: Edit = {
  file: "src/session/apply.ts",
  from: "record.version < ref.seenVersion",
  to: "record.version < 0",
};
/** The rules that tell of a store that has lost data. */
export const SET_BACKS: readonly Rule[] = [
  {
    name: "token-is-a-witness",
    rule: "an authority that is older than the version in a token was set back, and says so (rows)",
    edits: [noWitness],
    config: "moor-rows-set-back",
    found: { seed: 1, number: 9 },
  },
  {
    name: "token-is-a-witness-for-objects",
    rule: "the same for Durable Objects",
    edits: [noWitness],
    config: "moor-objects-set-back",
    found: { seed: 1, number: 9 },
  },
  {
    name: "proof-is-a-witness",
    rule: "an authority whose generation is older than a client's proof was set back, and says so",
    edits: [
      {
        file: "src/session/witness.ts",
        from: "record && record.generation < ref.generation ?",
        to: "record && record.generation < 0 ?",
      },
    ],
    config: "moor-rows-set-back",
    found: { seed: 1, number: 13 },
  },
  {
    name: "missing-is-lost",
    rule: "a missing record under a token with a version is lost, and has not ended",
    edits: [{ file: "src/store/loss.ts", from: "return isLost ?", to: 'return isLost && store === "" ?' }],
    config: "moor-rows-set-back",
    found: { seed: 1, number: 3 },
  },
];
