import type { IncomingMessage, ServerResponse } from "node:http";
import { type Names, openQuestion, QuestionRefused, readKeys, signAnswer } from "./question.ts";

/** The parts of express-session's request that the endpoint reads. */
export interface OldRequest extends IncomingMessage {
  session?: { cookie?: { expires?: Date | string | null | false | undefined } } | null;
  sessionID?: string;
}

/** Settings of the endpoint. */
export interface AdoptOptions<Request extends OldRequest = OldRequest> {
  /** The name of this application: `adopt[].from` of Moor's configuration. */
  readonly from: string;
  /** The address of Moor: its `MOOR_ISSUER`. Default: the environment variable `MOOR_ISSUER`. */
  readonly issuer?: string;
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
 * signed, so a stolen cookie reads nothing here.
 *
 * @throws TypeError if a setting is missing.
 */
export function adopt<Request extends OldRequest>(options: AdoptOptions<Request>): Middleware<Request> {
  const { from, issuer = process.env.MOOR_ISSUER, sessionSeconds = 86_400 } = options;
  const keys = readKeys(options.keys ?? process.env.MOOR_CONFIRM_KEYS);
  if (!from || !issuer) throw new TypeError("adopt() needs from, and issuer or the environment variable MOOR_ISSUER");
  const names: Names = { from, issuer };

  async function answer(request: Request, response: ServerResponse): Promise<void> {
    const header = request.headers["moor-adopt"];
    const question = openQuestion(String(header ?? ""), request.method ?? "", { ...names, keys, now: Date.now() });
    response.setHeader("Cache-Control", "no-store");
    const { session, sessionID = "" } = request;
    if (!session || !isFromCookie(request.headers.cookie, sessionID)) {
      // A new session must neither be stored nor given to the visitor.
      request.session = null;
      end(response, 401, signAnswer(question, names, { status: 401 }));
      return;
    }
    const principal = (await options.principal?.(request)) ?? undefined;
    const { cookie, ...data } = JSON.parse(JSON.stringify(session)) as Record<string, unknown>;
    const tooLarge = Buffer.byteLength(JSON.stringify(data)) > question.mostBytes;
    const { expires } = session.cookie ?? {};
    const expiresAt = expires
      ? Math.floor(new Date(expires).getTime() / 1000)
      : Math.floor(Date.now() / 1000) + sessionSeconds;
    const told = {
      id: sessionID,
      ...(principal === undefined ? {} : { principal: String(principal) }),
      ...(tooLarge ? { tooLarge } : { attributes: data }),
      expiresAt,
    };
    end(response, 200, signAnswer(question, names, { status: 200, ...told }));
  }

  return (request, response, next) => {
    answer(request, response).catch((error: unknown) => {
      if (!(error instanceof QuestionRefused)) return next(error);
      request.session = null;
      response.setHeader("Content-Type", "text/plain");
      end(response, 403, `moor-adopt: ${error.message}`);
    });
  };
}

/** Whether the visitor brought this session. Without a living session express-session makes up another id, and the cookie lacks that. */
function isFromCookie(cookies: string | undefined, id: string): boolean {
  return id.length >= 16 && ["s%3A", "s:"].some((begin) => cookies?.includes(`${begin}${id}.`));
}

function end(response: ServerResponse, status: number, body: string): void {
  response.statusCode = status;
  if (!response.hasHeader("Content-Type")) response.setHeader("Content-Type", "application/jwt");
  response.end(body);
}

export default adopt;
// The value that require() gives to CommonJS.
export { adopt as "module.exports" };
