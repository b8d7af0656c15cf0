/** A store or an object did not answer, or its breaker blocked the call. It says nothing about a session. */
export interface Unavailable {
  kind: "unavailable";
  cause: unknown;
}
