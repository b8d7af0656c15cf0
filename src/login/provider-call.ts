import { isJsonObject, type Json, type JsonObject } from "../session/patch.ts";
import type { Breaker } from "../store/breaker.ts";

/** A step at the provider that did not succeed. A reason holds no token, no code, and no text that a client can choose. */
export type NotIdentified =
  /** The provider, or the visitor at the provider, has refused the login, or an answer was not as the protocol demands. */
  { readonly kind: "refused"; readonly reason: string } | { readonly kind: "unavailable"; readonly reason: string };

/** How long one answer of the provider may take. */
const DEADLINE_MS = 8_000;
/** Errors of OAuth that are no fault of the visitor's: this site is not set up as the provider expects. */
const MISCONFIGURED = new Set(["invalid_client", "unauthorized_client", "unsupported_grant_type"]);

/** An answer of the provider that ends the login. */
export class Ended extends Error {
  readonly outcome: NotIdentified;
  constructor(kind: NotIdentified["kind"], reason: string) {
    super(reason);
    this.outcome = { kind, reason };
  }
}

/** The outcome of a step, or the outcome that has ended it. */
export async function orEnded<T>(work: () => Promise<T>): Promise<T | NotIdentified> {
  try {
    return await work();
  } catch (fault) {
    if (fault instanceof Ended) return fault.outcome;
    throw fault;
  }
}

/**
 * Asks an endpoint of the provider. Throws {@link Ended} unless the provider answers with an object of JSON.
 *
 * @param isTold whether the answer says anything beside its status. Default `true`.
 */
export type AskProvider = (what: string, url: string, init?: RequestInit, isTold?: boolean) => Promise<JsonObject>;

/** The name of the breaker of a provider: `provider`, or `provider-staff` of the login `staff`. */
export function breakerNameOf(id: string | undefined): string {
  return (typeof MOOR_LOGINS === "undefined" || MOOR_LOGINS) && id !== undefined ? `provider-${id}` : "provider";
}

/**
 * The calls of a provider.
 *
 * @param breaker while it is open, nobody waits for a provider that does not answer. Default: there is none.
 */
export function createAsk(breaker?: Pick<Breaker, "admit">): AskProvider {
  return async (what, url, init, isTold = true) => {
    const unavailable = (reason: string) => new Ended("unavailable", `${what}: ${reason}`);
    const admitted = breaker?.admit();
    if (breaker && !admitted) throw unavailable("not asked for a moment");
    // A refusal is an answer, even as a page: anybody can have the provider refuse, and would else keep others from asking it.
    function reported(failure: Ended, isAnswer: boolean): Ended {
      if (isAnswer) admitted?.answered();
      else admitted?.failed(failure);
      return failure;
    }
    let status = 0;
    let answer: Json;
    try {
      // A redirect could lead a secret or a code elsewhere.
      const response = await fetch(url, { ...init, redirect: "manual", signal: AbortSignal.timeout(DEADLINE_MS) });
      status = response.status;
      if ((typeof MOOR_REFRESH === "undefined" || MOOR_REFRESH) && status === 200 && !isTold) {
        await response.body?.cancel();
        answer = {};
      } else answer = (await response.json()) as Json;
    } catch (fault) {
      // The message may quote the answer, and the answer may hold a token.
      const name = fault instanceof Error ? fault.name : "unknown fault";
      throw reported(unavailable(`${status || ""} ${name}`), status >= 400 && status < 500);
    }
    const error = isJsonObject(answer) && typeof answer.error === "string" ? answer.error : "";
    const told = /^[a-z_]{1,64}$/.test(error) ? error : "";
    const failure = reported(unavailable(`${status} ${told}`), status < 500);
    if (status === 200 && isJsonObject(answer)) return answer;
    // RFC 6749, section 5.2, answers a refusal by 400 or 401. Auth0 refuses the refresh token of a closed account by 403.
    const isRefusal =
      ((status === 400 || status === 401) && !MISCONFIGURED.has(error)) ||
      (status >= 400 && status < 500 && error === "invalid_grant");
    throw isRefusal ? new Ended("refused", failure.message) : failure;
  };
}
