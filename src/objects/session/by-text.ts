import { isUnavailable, type Unavailable } from "../../lib/unavailable.ts";

/**
 * Answers a question that came as JSON text. The answer is JSON text too, except `unavailable`: only the platform's own copy keeps
 * the error that is its cause.
 *
 * The platform copies an object between isolates member by member, and a text at once.
 */
export async function answerText<Ask, Answer extends { readonly kind: string }>(
  text: string,
  answer: (ask: Ask) => Promise<Answer | Unavailable>,
): Promise<string | Unavailable> {
  const answered = await answer(JSON.parse(text));
  return isUnavailable(answered) ? answered : JSON.stringify(answered);
}
