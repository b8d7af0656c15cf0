import type { IncomingMessage, ServerResponse } from "node:http";
import {
  bodyOf,
  isInBody,
  type Names,
  openQuestion,
  type Question,
  QuestionRefused,
  readKeys,
  readReaders,
  signAnswer,
} from "./question.ts";

/** A session as a store of express-session keeps it. */
type Stored = Record<string, unknown>;
type Done<T> = (fault?: unknown, result?: T) => void;
/** The claims of an answer. */
type Claims = { readonly status: 200 | 401 | 403; readonly [name: string]: unknown };

const GONE: Claims = { status: 401 };
const FORBIDDEN: Claims = { status: 403 };
/** The property of an old session that holds the version of the attributes that have come back from Moor. */
const VERSION = "moorVersion";

/** The parts of express-session's request that the endpoint reads. */
export interface OldRequest extends IncomingMessage {
  session?: { cookie?: { expires?: Date | string | null | false | undefined } } | null;
  sessionID?: string;
  sessionStore?: {
    get(id: string, done: Done<object | null>): void;
    // biome-ignore lint/suspicious/noExplicitAny: the types of express-session name its own class of sessions.
    set(id: string, session: any, done: Done<void>): void;
    destroy(id: string, done: Done<void>): void;
  };
}

/** Settings of the endpoint. */
export interface AdoptOptions<Request extends OldRequest = OldRequest> {
  /** The name of this application: `adopt[].from` of Moor's configuration. */
  readonly from: string;
  /** The address of Moor: its `MOOR_ISSUER`. Default: the environment variable `MOOR_ISSUER`. */
  readonly issuer?: string;
  /**
   * The addresses of further Moors that may only read, for example of a staging, separated by spaces or commas. They end and change no
   * session. Default: the environment variable `MOOR_READER_ISSUERS`, or none.
   */
  readonly readers?: string;
  /** The key ring that Moor has as `MOOR_CONFIRM_KEYS`. Default: the environment variable of that name. */
  readonly keys?: string;
  /**
   * The visitor who is logged in, 1 to 256 visible ASCII characters; a number is written as text. Refuse users here whom your application
   * would refuse, for example disabled users. Default: no visitor is logged in by name, and the attributes alone move.
   */
  readonly principal?: (
    request: Request,
  ) => string | number | undefined | null | Promise<string | number | undefined | null>;
  /** How long a session lives whose cookie has no expiry, in seconds. Default 86,400, as in connect-redis. */
  readonly sessionSeconds?: number;
}

/** A function that `app.use` and `app.get` take. */
export type Middleware<Request> = (request: Request, response: ServerResponse, next: (error?: unknown) => void) => void;

/**
 * The endpoint of an old application on express-session that tells Moor who a visitor is. It goes behind `session()`:
 * `app.use("/moor-adopt", adopt({ from: "app", principal: (req) => req.session.passport?.user }))`. It answers only questions that Moor has
 * signed, so a stolen cookie reads nothing here. It also ends a session whose visitor has logged out at Moor, and gives a stored session the
 * attributes that it has at Moor when its visitor comes back.
 *
 * @throws TypeError if a setting is missing.
 */
export function adopt<Request extends OldRequest>(options: AdoptOptions<Request>): Middleware<Request> {
  const { from, issuer = process.env.MOOR_ISSUER, sessionSeconds = 86_400 } = options;
  const keys = readKeys(options.keys ?? process.env.MOOR_CONFIRM_KEYS);
  if (!from || !issuer) throw new TypeError("adopt() needs from, and issuer or the environment variable MOOR_ISSUER");
  const names: Names = { from, issuer, readers: readReaders(options.readers ?? process.env.MOOR_READER_ISSUERS) };

  /** The visitor's session, or why there is none. */
  async function tell(request: Request, { mostBytes }: Question): Promise<Claims> {
    const { session, sessionID = "" } = request;
    if (!session || !isFromCookie(request.headers.cookie, sessionID)) return GONE;
    const principal = (await options.principal?.(request)) ?? undefined;
    const { cookie, [VERSION]: version, ...data } = JSON.parse(JSON.stringify(session)) as Record<string, unknown>;
    const tooLarge = Buffer.byteLength(JSON.stringify(data)) > mostBytes;
    const { expires } = session.cookie ?? {};
    const endsAt = expires ? new Date(expires).getTime() : Date.now() + sessionSeconds * 1000;
    return {
      status: 200,
      id: sessionID,
      ...(principal === undefined ? {} : { principal: String(principal) }),
      ...(tooLarge ? { tooLarge } : { attributes: data }),
      expiresAt: Math.floor(endsAt / 1000),
    };
  }

  async function answer(request: Request, response: ServerResponse): Promise<void> {
    const { method = "", headers, sessionStore: store } = request;
    const text = isInBody(method) ? await bodyOf(request) : headers["moor-adopt"];
    const question = openQuestion(String(text ?? ""), method, { ...names, keys, now: Date.now() });
    const work = { GET: tell, PUT: bringBack, DELETE: end }[method];
    if (!work || !store)
      throw new QuestionRefused(`it cannot be answered: ${store ? method : "there is no session store"}`);
    const claims = question.isForbidden ? FORBIDDEN : await work(request, question);
    // Neither a new session nor a session that was read here may be stored or given to the visitor.
    request.session = null;
    response.setHeader("Cache-Control", "no-store");
    send(response, claims.status, "application/jwt", signAnswer(question, names, claims));
  }

  return (request, response, next) => {
    answer(request, response).catch((error: unknown) => {
      if (!(error instanceof QuestionRefused)) return next(error);
      request.session = null;
      send(response, 403, "text/plain", `moor-adopt: ${error.message}`);
    });
  };
}

/** Gives a stored session the attributes that it has at Moor, unless it has them already. */
async function bringBack({ sessionStore: store }: OldRequest, { id, version, attributes }: Question): Promise<Claims> {
  const stored = (await called<object | null | undefined>((done) => store?.get(id, done))) as Stored | null | undefined;
  if (!stored) return GONE;
  if (Number(stored[VERSION] ?? 0) < version) {
    const data = { ...attributes, cookie: stored.cookie, [VERSION]: version };
    await called<void>((done) => store?.set(id, data, done));
  }
  return { status: 200 };
}

async function end({ sessionStore: store }: OldRequest, { id }: Question): Promise<Claims> {
  await called<void>((done) => store?.destroy(id, done));
  return { status: 200 };
}

function called<T>(call: (done: (fault?: unknown, result?: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => call((fault, result) => (fault ? reject(fault) : resolve(result as T))));
}

/** Whether the visitor brought this session. Without a living session express-session makes up another id, and the cookie lacks that. */
function isFromCookie(cookies: string | undefined, id: string): boolean {
  return id.length >= 16 && ["s%3A", "s:"].some((begin) => cookies?.includes(`${begin}${id}.`));
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.statusCode = status;
  response.setHeader("Content-Type", type);
  response.end(body);
}

export default adopt;
// The value that require() gives to CommonJS.
export { adopt as "module.exports" };
