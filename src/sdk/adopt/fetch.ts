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

/** A living session of an application that keeps its sessions by itself. */
export interface OldSession {
  /** Its id, of at least 96 random bits. Left out: the session has no such id, as in a cookie; Moor then clears the cookie. */
  readonly id?: string | undefined;
  /** The visitor who is logged in, 1 to 256 visible ASCII characters. Left out: nobody is logged in by name. */
  readonly principal?: string | number | null | undefined;
  /** The values that move. They travel as JSON. */
  readonly attributes: object;
  /** When the session ends by itself: a Date, the text of a time, or milliseconds since 1970. */
  readonly expiresAt: Date | string | number;
}

/** Settings of the endpoint. */
export interface AdoptOptions<Asked extends Request> {
  /** The name of this application: `adopt[].from` of Moor's configuration. */
  readonly from: string;
  /** The address of Moor: its `MOOR_ISSUER`. Default: the environment variable `MOOR_ISSUER`, when the first question comes. */
  readonly issuer?: string;
  /**
   * The addresses of further Moors that may only read, for example of a staging, separated by spaces or commas. They end and change no
   * session. Default: the environment variable `MOOR_READER_ISSUERS`, when the first question comes, or none.
   */
  readonly readers?: string;
  /** The key ring that Moor has as `MOOR_CONFIRM_KEYS`. Default: the environment variable of that name, when the first question comes. */
  readonly keys?: string;
  /** The living session of the visitor whose cookies come with the request. Refuse users here whom the application would refuse. */
  session(request: Asked): OldSession | null | undefined | Promise<OldSession | null | undefined>;
  /** Ends a session, which may have ended already. Left out: sessions are in their cookies alone, and Moor clears the cookie. */
  end?(id: string): Promise<void>;
  /**
   * Returns whether a session exists. Also gives it these attributes and this version, if the version is greater than that of the session. A
   * session has version 0 until the first change comes back. So version 0 changes nothing: with it Moor only asks whether the session lives.
   *
   * Left out: changes at Moor do not come back, and Moor reads each such question as a logout. So do not set `follow: "end"` then.
   */
  bringBack?(id: string, state: { version: number; attributes: Readonly<Record<string, unknown>> }): Promise<boolean>;
}

/** The handlers of the endpoint, as a route of Next.js exports them. */
export interface Endpoint<Asked extends Request> {
  GET(request: Asked): Promise<Response>;
  PUT(request: Asked): Promise<Response>;
  DELETE(request: Asked): Promise<Response>;
}

/** The claims of an answer; `undefined`: there is no such session. */
type Told = Readonly<Record<string, unknown>> | undefined;

/**
 * The endpoint of an old application that tells Moor who a visitor is, for frameworks with the `Request` and `Response` of the web. In a route
 * handler of Next.js: `export const { GET, PUT, DELETE } = adopt({ from: "app", session })`. It answers only questions that Moor has signed, so
 * a stolen cookie reads nothing here.
 *
 * The handlers throw a TypeError if a setting is missing: a build has no secrets, so settings are read when a question comes.
 */
export function adopt<Asked extends Request>(options: AdoptOptions<Asked>): Endpoint<Asked> {
  const { from } = options;

  async function tell(request: Asked, { mostBytes }: Question): Promise<Told> {
    const session = await options.session(request);
    if (!session) return undefined;
    const { id, principal } = session;
    const attributes = JSON.stringify(session.attributes);
    const endsAt = new Date(session.expiresAt).getTime();
    if (Number.isNaN(endsAt)) throw new TypeError("expiresAt of the session is no time");
    return {
      ...(id === undefined ? {} : { id }),
      ...(principal === undefined || principal === null ? {} : { principal: String(principal) }),
      ...(Buffer.byteLength(attributes) > mostBytes ? { tooLarge: true } : { attributes: JSON.parse(attributes) }),
      expiresAt: Math.floor(endsAt / 1000),
    };
  }

  async function bringBack(_request: Asked, { id, version, attributes }: Question): Promise<Told> {
    return (await options.bringBack?.(id, { version, attributes })) ? {} : undefined;
  }

  async function end(_request: Asked, { id }: Question): Promise<Told> {
    await options.end?.(id);
    return {};
  }

  const answering = (work: (request: Asked, question: Question) => Promise<Told>) => async (request: Asked) => {
    const { method, headers } = request;
    const issuer = options.issuer ?? process.env.MOOR_ISSUER;
    const keys = readKeys(options.keys ?? process.env.MOOR_CONFIRM_KEYS);
    if (!issuer) throw new TypeError("adopt() needs issuer, or the environment variable MOOR_ISSUER");
    const names: Names = { from, issuer, readers: readReaders(options.readers ?? process.env.MOOR_READER_ISSUERS) };
    try {
      const text = isInBody(method) ? await bodyOf(request.body ?? []) : headers.get("Moor-Adopt");
      const question = openQuestion(text ?? undefined, method, { ...names, keys, now: Date.now() });
      const told = question.isForbidden ? {} : await work(request, question);
      const status = question.isForbidden ? 403 : told ? 200 : 401;
      return respond(status, "application/jwt", signAnswer(question, names, { status, ...told }));
    } catch (error) {
      if (error instanceof QuestionRefused) return respond(403, "text/plain", `moor-adopt: ${error.message}`);
      throw error;
    }
  };
  return { GET: answering(tell), PUT: answering(bringBack), DELETE: answering(end) };
}

function respond(status: number, type: string, body: string): Response {
  return new Response(body, { status, headers: { "Content-Type": type, "Cache-Control": "no-store" } });
}
