import { isUnavailable, type Unavailable } from "../../lib/unavailable.ts";

/**
 * Answers a question that came as JSON text. The answer is JSON text too, except `unavailable`: only the platform's own copy keeps
 * the error that is its cause.
 *
 * The platform copies an object between isolates member by member, and a text at once.
 */
export function answerText<Ask, Answer extends { readonly kind: string }>(
  text: string,
  answer: (ask: Ask) => Answer | Unavailable | Promise<Answer | Unavailable>,
): string | Unavailable | Promise<string | Unavailable> {
  const answered = answer(JSON.parse(text));
  return answered instanceof Promise ? answered.then(textOf) : textOf(answered);
}

function textOf(answer: { readonly kind: string } | Unavailable): string | Unavailable {
  return isUnavailable(answer) ? answer : JSON.stringify(answer);
}
