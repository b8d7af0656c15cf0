import { withinDeadline } from "../../../src/lib/deadline.ts";

interface Env {
  /** Without a slash at its end. */
  readonly ORIGIN: string;
}

const DEADLINE_MS = 15_000;
/** As long as a handoff that is signed for a session of 512 bytes. */
const HANDOFF = "h".repeat(1_000);

/**
 * The limit of Moor: the work that its rules ask of any request with a session, without knowing the session. Headers
 * are copied, some are set, and the cookie is cut. No cache may answer. An origin has a deadline. No shared cache may
 * keep a page that does not allow it.
 */
export default {
  async fetch(request, env) {
    const { pathname, search, host } = new URL(request.url);
    const headers = new Headers(request.headers);
    headers.set("X-Forwarded-Proto", "https");
    headers.set("X-Forwarded-Host", host);
    headers.set("X-Forwarded-Port", "443");
    const client = request.headers.get("CF-Connecting-IP") ?? "";
    headers.set("X-Forwarded-For", client);
    headers.set("Forwarded", `for=${client};host="${host}";proto=https`);
    headers.set("Cache-Control", "no-store, max-age=0");
    headers.set("Cookie", "theme=dark");
    headers.set("Moor-Session", HANDOFF);
    const init: RequestInit = { method: request.method, headers, redirect: "manual", cache: "no-store" };
    const response = await withinDeadline(fetch(env.ORIGIN + pathname + search, init), DEADLINE_MS);
    const changed = new Response(response.body, response);
    changed.headers.set("Cache-Control", "private");
    return changed;
  },
} satisfies ExportedHandler<Env>;
