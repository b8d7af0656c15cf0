/**
 * A store or an object did not answer, or its breaker blocked the call. That says nothing about a session, nor whether a change has taken effect.
 */
export interface Unavailable {
  kind: "unavailable";
  cause: unknown;
}

/** Whether an answer is {@link Unavailable}. */
export function isUnavailable(answer: { readonly kind: string }): answer is Unavailable {
  return answer.kind === "unavailable";
}
