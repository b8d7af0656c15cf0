import { literal, optional } from "valibot";
import { ALGORITHMS, type AlgorithmName } from "../affinity/algorithms.ts";
import { nginxKey, nonEmpty, prefixRules, time, token } from "../settings/grammar.ts";
import { numbers, shape, value } from "../settings/shapes.ts";

/** The forms of a hash policy, by `type`. */
export const policies = {
  "session-id": shape({ type: literal("session-id") }),
  header: shape({ type: literal("header"), name: value(token) }),
  cookie: shape({ type: literal("cookie"), name: value(token) }),
  query: shape({ type: literal("query"), name: value(nonEmpty) }),
  "client-ip": shape({ type: literal("client-ip"), ...numbers(prefixRules) }),
};

const cutOver = optional(value(time));
const ofAlgorithm = <Name extends AlgorithmName>(name: Name) => shape({ algorithm: literal(name) });
const ownAffinities = Object.fromEntries(
  Object.keys(ALGORITHMS).map((name) => [name, ofAlgorithm(name as AlgorithmName)]),
);
/** The forms of an affinity, by `algorithm`. */
export const affinities = {
  ...(ownAffinities as Record<AlgorithmName, ReturnType<typeof ofAlgorithm<AlgorithmName>>>),
  "nginx-ip-hash": shape({ algorithm: literal("nginx-ip-hash"), cutOver }),
  "nginx-hash": shape({ algorithm: literal("nginx-hash"), key: value(nginxKey), cutOver }),
  "nginx-chash": shape({ algorithm: literal("nginx-chash"), key: value(nginxKey), cutOver }),
};
