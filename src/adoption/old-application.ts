import type { ResolvedAdoption } from "../config/adopt.ts";
import { resolveRoute } from "../config/defaults.ts";
import type { ResolvedRoute } from "../config/resolved.ts";
import { randomId } from "../lib/base64url.ts";
import { nameOfSetCookie } from "../lib/set-cookie.ts";
import type { Visit } from "../request/exchange.ts";
import type { Upstream } from "../upstream/upstream.ts";
import { type Answer, AnswerError, readAnswer } from "./answer.ts";
import type { Questions } from "./question.ts";

/** The answer of an old application, with the cookies of its session that it wants to have cleared. */
export type Heard = (Answer & { readonly cookies: readonly string[] }) | { kind: "unavailable"; cause: unknown };

/** An old application, as Moor asks it about its visitors. */
export interface OldApplication {
  /** Asks whether the visitor has a living session there, with all cookies that the visitor sent. */
  ask(visit: Visit & { readonly host: string }): Promise<Heard>;
}

/** The parts that a question needs. */
export interface OldApplicationParts {
  readonly entry: ResolvedAdoption;
  /** See {@link routeOf}. */
  readonly route: ResolvedRoute;
  readonly upstream: Upstream;
  readonly questions: Questions;
  /** The `iss` of handoffs: it names this Moor. */
  readonly issuer: string;
  /** Larger attributes are left out of an answer. */
  readonly maxAttributeBytes: number;
  readonly clock: () => number;
}

/** How long the old application may take for an answer, in milliseconds. */
const DEADLINE_MS = 5_000;
/** The longest answer that is read. A megabyte of attributes is 1.4 million characters in base64url. */
const MOST_CHARACTERS = 2_000_000;
/** The headers of a visitor that a framework may judge a session by. */
const SHOWN = ["Cookie", "User-Agent", "Accept-Language", "CF-Connecting-IP", "X-Forwarded-For"];

/** The route of the questions to an old application. It has no methods, so no client's request matches it. */
export function routeOf({ confirm }: ResolvedAdoption): ResolvedRoute {
  const { pool } = confirm;
  return resolveRoute({ path: "/", pool, methods: [], session: false, attemptDeadlineMs: DEADLINE_MS }, {});
}

/** Asks an old application over the pool that serves it. Its own framework judges the session. */
export function createOldApplication(parts: OldApplicationParts): OldApplication {
  const { entry, route, upstream, questions, issuer, maxAttributeBytes, clock } = parts;
  const { from, confirm } = entry;

  return {
    async ask(visit) {
      const { client, arrival, host } = visit;
      const nonce = randomId();
      const iat = Math.floor(clock() / 1000);
      const question = { iss: issuer, aud: from, iat, jti: nonce, htm: "GET", max: maxAttributeBytes };
      const sessionId = client.token?.id ?? nonce;
      const url = new URL(confirm.path, visit.url);
      const sent = await upstream.send({
        request: new Request(url, { headers: shownOf(visit.request.headers) }),
        body: null,
        url,
        host,
        route,
        pool: upstream.poolOf(route, sessionId),
        sessionId,
        sessionIsFresh: client.token === undefined,
        bornAt: arrival.arrivedAt,
        home: arrival.region,
        pin: 0,
        isStored: false,
        question: await questions.sign(question),
      });
      if (sent.kind !== "response") return unavailable(`it did not answer: ${sent.kind}`);
      const { response } = sent;
      const { status } = response;
      if (status !== 200 && status !== 401) {
        await response.body?.cancel();
        return unavailable(`it answered with status ${status}, accepted: 200 or 401`);
      }
      const text = await textOf(response);
      const claims = text === undefined ? undefined : await questions.open(text.trim());
      if (!claims) return unavailable("its answer is not signed by a key of MOOR_CONFIRM_KEYS");
      try {
        const answer = readAnswer(claims, { from, issuer, nonce, status });
        const isOwn = (cookie: string) => entry.cookies.includes(nameOfSetCookie(cookie));
        return { ...answer, cookies: response.headers.getSetCookie().filter(isOwn) };
      } catch (cause) {
        if (cause instanceof AnswerError) return { kind: "unavailable", cause };
        throw cause;
      }
    },
  };

  function unavailable(reason: string): Heard {
    return { kind: "unavailable", cause: new Error(`the old application ${from}: ${reason}`) };
  }
}

function shownOf(headers: Headers): Headers {
  const shown = new Headers({ Accept: "application/jwt" });
  for (const name of SHOWN) {
    const text = headers.get(name);
    if (text !== null) shown.set(name, text);
  }
  return shown;
}

/** The body as text; `undefined`: it is longer than {@link MOST_CHARACTERS}, or it broke off. */
async function textOf(response: Response): Promise<string | undefined> {
  const decoder = new TextDecoder();
  let text = "";
  try {
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      if (text.length > MOST_CHARACTERS) return undefined;
    }
  } catch {
    return undefined;
  }
  return text;
}
