import { MoorOriginError, type MoorOriginErrorCode } from "./errors.ts";
import type { Fetch } from "./fetch-json.ts";
import { isJsonObject, type JsonObject } from "./json.ts";

/**
 * Calls an API of Moor's with a request's handoff. Resolves to the answer's JSON, or to `undefined` if the answer has
 * no JSON.
 *
 * @throws MoorOriginError
 */
export type ApiCall = (
  method: string,
  path: string,
  sent?: { headers?: Record<string, string>; body?: string },
) => Promise<unknown>;

/**
 * @param options.moor address of Moor, which may take `timeoutMs` for a call.
 * @param options.bearer the request's handoff. A handoff that comes with an answer replaces it.
 */
export function createApiCall(options: { moor: string; bearer: string; fetch: Fetch; timeoutMs: number }): ApiCall {
  const { moor, fetch, timeoutMs } = options;
  let { bearer } = options;
  return async (method, path, { headers, body } = {}) => {
    let status: number;
    let answer: unknown;
    try {
      const response = await fetch(moor + path, {
        method,
        headers: { accept: "application/json", authorization: `Bearer ${bearer}`, ...headers },
        ...(body !== undefined && { body }),
        // A redirect could carry the bearer elsewhere.
        redirect: "manual",
        signal: AbortSignal.timeout(timeoutMs),
      });
      status = response.status;
      bearer = response.headers.get("moor-session") ?? bearer;
      if (status !== 204) answer = await response.json();
    } catch (cause) {
      throw new MoorOriginError("session-unavailable", `the session API does not answer ${method}`, { cause });
    }
    if (status === 200 || status === 202 || status === 204) return answer;
    const { title, code } = isJsonObject(answer) ? answer : ({} as JsonObject);
    const reason = typeof title === "string" ? title : "";
    throw new MoorOriginError(codeOf(status, code), `the session API answers ${method} with ${status}: ${reason}`);
  };
}

function codeOf(status: number, code: unknown): MoorOriginErrorCode {
  switch (status) {
    case 404:
      return code === "not_found" ? "session-unknown" : "session-unavailable";
    case 409:
      return code === "no_principal" ? "principal-missing" : "session-not-stored";
    case 410:
      return "session-over";
    case 412:
      return "session-changed";
    case 400:
    case 401:
    case 403:
    case 413:
      return "session-refused";
    default:
      return "session-unavailable";
  }
}
