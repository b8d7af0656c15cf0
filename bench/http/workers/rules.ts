import { withinDeadline } from "../../../src/lib/deadline.ts";
import { DEADLINE_MS, HANDOFF, headersByRules } from "./by-rules.ts";

interface Env {
  /** Without a slash at its end. */
  readonly ORIGIN: string;
}

/**
 * The limit of Moor: the work that its rules ask of any request with a session, without knowing the session. Headers
 * are copied, some are set, and the cookie is cut. No cache may answer. An origin has a deadline. No shared cache may
 * keep a page that does not allow it.
 */
export default {
  async fetch(request, env) {
    const { pathname, search, host } = new URL(request.url);
    const headers = headersByRules(request.headers, host, HANDOFF);
    const init: RequestInit = { method: request.method, headers, redirect: "manual", cache: "no-store" };
    const response = await withinDeadline(fetch(env.ORIGIN + pathname + search, init), DEADLINE_MS);
    const changed = new Response(response.body, response);
    changed.headers.set("Cache-Control", "private");
    return changed;
  },
} satisfies ExportedHandler<Env>;
