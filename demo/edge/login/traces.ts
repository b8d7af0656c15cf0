import { BoundedMap } from "../../../src/lib/bounded-map.ts";
import { CALLBACK_PATH } from "../../../src/login/answers.ts";

/** A redirect to the provider, as Moor answered a request with it. */
export interface Redirected {
  /** The path that the visitor had asked for. */
  readonly asked: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly state: string;
  /** The names of the cookies that the answer set. */
  readonly cookies: readonly string[];
}

/** A finished login, as the browser carried it. */
export interface LoginTrace {
  readonly redirected: Redirected;
  /** When the provider had sent the visitor back, in milliseconds since 1970. */
  readonly returnedAt: number;
  /** SHA-256 of the code that the visitor brought, in hexadecimal. */
  readonly codeDigest: string;
  /** Where Moor led the visitor then. */
  readonly ledTo: string;
  readonly cookies: readonly string[];
}

/** The logins that this Worker has seen, for its panel. Moor itself keeps no such notes. */
export interface LoginTraces {
  /** Notes the request if it is a step of a login. */
  note(request: Request, response: Response): Promise<void>;
  /** The login of a session; `undefined`: this Worker has seen none. */
  of(sessionId: string | undefined): LoginTrace | undefined;
}

const MOST_KEPT = 500;

/**
 * Makes the notes.
 *
 * @param provider where the provider answers.
 * @param sessionIdOf reads the session's id in a `Cookie` header.
 */
export function createLoginTraces(
  provider: string,
  sessionIdOf: (cookies: string) => Promise<string | undefined>,
): LoginTraces {
  const begun = new BoundedMap<string, Redirected>(MOST_KEPT);
  const finished = new BoundedMap<string, LoginTrace>(MOST_KEPT);

  return {
    async note(request, response) {
      const location = response.headers.get("Location");
      if (location === null) return;
      const { pathname, searchParams } = new URL(request.url);
      const set = response.headers.getSetCookie().map((line) => line.split(";", 1)[0] as string);
      const cookies = set.map((pair) => pair.split("=", 1)[0] as string);
      const earlier = begun.get(searchParams.get("state") ?? "");

      const target = new URL(location, request.url);
      const state = target.searchParams.get("state");
      if (target.origin === provider && response.status === 302 && state !== null) {
        // A callback that cannot be finished begins the login again, for the same page.
        begun.set(state, { asked: earlier?.asked ?? pathname, at: Date.now(), state, cookies });
        return;
      }
      const code = searchParams.get("code");
      if (pathname !== CALLBACK_PATH || !earlier || code === null) return;
      const sessionId = await sessionIdOf(set.join("; "));
      // Without a new token the login has changed nothing: another tab had finished it.
      if (sessionId === undefined) return;
      finished.set(sessionId, {
        redirected: earlier,
        returnedAt: Date.now(),
        codeDigest: await digestOf(code),
        ledTo: target.pathname,
        cookies,
      });
    },

    of: (sessionId) => (sessionId === undefined ? undefined : finished.get(sessionId)),
  };
}

async function digestOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
