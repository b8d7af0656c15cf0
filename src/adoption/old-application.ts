import type { AskedAdoption } from "../config/adopt.ts";
import { resolveRoute } from "../config/defaults.ts";
import type { ResolvedRoute } from "../config/resolved.ts";
import { askedBy } from "../inbound/arrival.ts";
import type { ReadHeaders } from "../lib/asked.ts";
import { randomId } from "../lib/base64url.ts";
import { readBounded } from "../lib/bounded-body.ts";
import { nameOfSetCookie } from "../lib/set-cookie.ts";
import type { Unavailable } from "../lib/unavailable.ts";
import type { AnyVisit } from "../request/exchange.ts";
import type { JsonObject } from "../session/patch.ts";
import type { Upstream } from "../upstream/upstream.ts";
import { AnswerError, checkAnswer, type OldSession, readSession } from "./answer.ts";
import type { Claims, Questions } from "./question.ts";

/** An answer whose signature is right. */
interface Signed {
  readonly kind: "signed";
  readonly claims: Claims;
  readonly status: keyof typeof TOLD;
  readonly response: Response;
}

/**
 * The answer of an old application, with the cookies of its session that it wants to have cleared. `reason`: why a session that may be there
 * cannot be taken.
 */
export type Heard =
  | (OldSession & { readonly cookies: readonly string[] })
  | { readonly kind: "none"; readonly reason?: string }
  | Unavailable;

/**
 * Whether an old application did what it was told to do with a session. `gone`: it has no such session any more. `forbidden`: this Moor may
 * only read its sessions.
 */
export type Told = { readonly kind: "done" | "gone" | "forbidden" } | Unavailable;

/** The request on whose behalf Moor asks. */
export interface Asker {
  /** Its address. The path of the endpoint takes the place of its path. */
  readonly url: URL;
  readonly headers: ReadHeaders;
  readonly arrivedAt: number;
  readonly region: number;
  /** The session of its token. Default: it brought no token. */
  readonly sessionId?: string | undefined;
}

/** An old application, as Moor asks it about its visitors. */
export interface OldApplication {
  /** Asks whether the visitor has a living session there, with all cookies that the visitor sent. */
  ask(asker: Asker): Promise<Heard>;
  /** Ends a session there. It may be repeated. */
  end(asker: Asker, id: string): Promise<Told>;
  /**
   * Gives a session there these attributes, if it lives and has not got this version or a newer one. It may be repeated. Absent: nothing is
   * brought back to it.
   */
  bringBack?(asker: Asker, state: { id: string; version: number; attributes: JsonObject }): Promise<Told>;
}

/** The visitor's own request. */
export function askerOf({ request, url, client, arrival }: AnyVisit): Asker {
  const { arrivedAt, region } = arrival;
  return { url, headers: request.headers, arrivedAt, region, sessionId: client.token?.id };
}

/** The parts that a question needs. */
export interface OldApplicationParts {
  readonly entry: AskedAdoption;
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

/** The meaning of the statuses of signed answers. */
const TOLD = { 200: "done", 401: "gone", 403: "forbidden" } as const;
/** How long the old application may take for an answer, in milliseconds. */
const DEADLINE_MS = 5_000;
/** The longest answer that is read. A megabyte of attributes is 1.4 million characters in base64url. */
const MOST_BYTES = 2_000_000;
const utf8 = new TextEncoder();
/** The headers of a visitor that a framework may judge a session by. */
const SHOWN = ["Cookie", "User-Agent", "Accept-Language", "CF-Connecting-IP", "X-Forwarded-For"];

/** The route of the questions to an old application. It has no methods, so no client's request matches it. */
export function routeOf({ confirm }: AskedAdoption): ResolvedRoute {
  const { pool } = confirm;
  return resolveRoute({ path: "/", pool, methods: [], session: false, attemptDeadlineMs: DEADLINE_MS }, {});
}

/** Asks an old application over the pool that serves it. Its own framework judges the session. */
export function createOldApplication(parts: OldApplicationParts): OldApplication {
  const { entry, route, upstream, questions, issuer, maxAttributeBytes, clock } = parts;
  const { from, confirm } = entry;

  /** Sends a question, signed, and checks that its answer is of this question. */
  async function put(asker: Asker, method: "GET" | "PUT" | "DELETE", more: Claims): Promise<Signed | Unavailable> {
    const nonce = randomId();
    const iat = Math.floor(clock() / 1000);
    const signed = await questions.sign({ iss: issuer, aud: from, iat, jti: nonce, htm: method, ...more });
    // Attributes are too long for a header.
    const isInBody = method === "PUT";
    const { sessionId = nonce } = asker;
    const url = new URL(confirm.path, asker.url);
    const sent = await upstream.send({
      request: askedBy(new Request(url, { method, headers: shownOf(asker.headers, isInBody) })),
      body: isInBody ? (utf8.encode(signed).buffer as ArrayBuffer) : null,
      url,
      host: url.host,
      route,
      pool: upstream.poolOf(route, sessionId),
      sessionId,
      sessionIsFresh: asker.sessionId === undefined,
      bornAt: asker.arrivedAt,
      home: asker.region,
      pin: 0,
      isStored: false,
      question: isInBody ? "body" : signed,
    });
    if (sent.kind !== "response") return unavailable(`it did not answer: ${sent.kind}`);
    const { response } = sent;
    const { status } = response;
    if (!(status in TOLD)) {
      await response.body?.cancel();
      return unavailable(statusOf(method, status));
    }
    const body = await readBounded(response.body, MOST_BYTES);
    const claims = typeof body === "string" ? undefined : await questions.open(new TextDecoder().decode(body).trim());
    // A firewall also answers 403, and an endpoint does if it does not know this Moor. Neither signs it.
    if (!claims && status === 403) return unavailable(statusOf(method, status));
    if (!claims) return unavailable("its answer is not signed by a key of MOOR_CONFIRM_KEYS");
    try {
      checkAnswer(claims, { from, issuer, nonce, status });
      return { kind: "signed", claims, status: status as keyof typeof TOLD, response };
    } catch (cause) {
      return faultOf(cause);
    }
  }

  /** Tells the old application something of its session. */
  async function tell(asker: Asker, method: "PUT" | "DELETE", claims: Claims): Promise<Told> {
    const answered = await put(asker, method, claims);
    return answered.kind === "signed" ? { kind: TOLD[answered.status] } : answered;
  }

  return {
    async ask(asker) {
      const answered = await put(asker, "GET", { max: maxAttributeBytes });
      if (answered.kind === "unavailable") return answered;
      const { claims, status, response } = answered;
      if (status === 401) return { kind: "none" };
      if (status === 403) return unavailable(statusOf("GET", status));
      try {
        const isOwn = (cookie: string) => entry.cookies.includes(nameOfSetCookie(cookie));
        return { ...readSession(claims), cookies: response.headers.getSetCookie().filter(isOwn) };
      } catch (cause) {
        return faultOf(cause);
      }
    },
    end: (asker, id) => tell(asker, "DELETE", { sid: id }),
    bringBack: (asker, { id, version, attributes }) => tell(asker, "PUT", { sid: id, ver: version, attributes }),
  };

  function unavailable(reason: string): Unavailable {
    return { kind: "unavailable", cause: new Error(`the old application ${from}: ${reason}`) };
  }
}

function statusOf(method: string, status: number): string {
  return `it answered ${method} with status ${status}, accepted: 200 or 401`;
}

/** An answer that cannot be taken means that the old application is not there for Moor. */
function faultOf(cause: unknown): Unavailable {
  if (cause instanceof AnswerError) return { kind: "unavailable", cause };
  throw cause;
}

function shownOf(headers: ReadHeaders, hasBody: boolean): Headers {
  const shown = new Headers({ Accept: "application/jwt", ...(hasBody ? { "Content-Type": "application/jwt" } : {}) });
  for (const name of SHOWN) {
    const text = headers.get(name);
    if (text !== null) shown.set(name, text);
  }
  return shown;
}
