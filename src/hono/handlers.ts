import type { Context, Next } from "hono";
import type { Carriers } from "../inbound/carriers.ts";
import type { AnyVisit, Responder } from "../request/exchange.ts";
import { NO_INTENT } from "../session/session.ts";
import { takeBody } from "../upstream/send/body.ts";
import { namesInOwn } from "../upstream/wire/origin-headers.ts";
import { askedNothing, EdgeSession, intentOf } from "./edge-session.ts";
import { wholeRequest, withoutToken } from "./without-token.ts";

/** How long handlers may take before a lease may pass to the next request: by default as long as an attempt at an origin. */
const DEADLINE_MS = 30_000;
/** The name of the variable that handlers read. */
const SESSION = "session";

/** The handlers of one request. */
export interface Handlers {
  /** The fault that a handler has thrown and hono has not caught. It is hono's to answer, because it is not Moor's. */
  readonly thrown: { readonly fault: unknown } | undefined;
  /** Calls the handlers. Returns whether they have answered. */
  run(): Promise<boolean>;
}

/** The handlers behind a middleware. */
export function createHandlers(c: Context, next: Next): Handlers {
  let thrown: { fault: unknown } | undefined;
  return {
    get thrown() {
      return thrown;
    },
    async run() {
      try {
        await next();
        return c.finalized;
      } catch (fault) {
        thrown = { fault };
        return false;
      }
    },
  };
}

/** The settings of handlers' sessions. */
export interface HandlersParts {
  readonly carriers: Pick<Carriers, "cut">;
  /** Whether the configuration has `session.remember`. */
  readonly remembers: boolean;
}

/** Handlers in place of origins: they read the session of the request, and ask for its changes. */
export function answeredByHandlers(
  c: Context,
  handlers: Handlers,
  { request, url, stripped }: AnyVisit,
  { carriers, remembers }: HandlersParts,
): Responder<undefined> {
  return {
    assign: () => DEADLINE_MS,
    async respond({ session }) {
      const asked = askedNothing();
      c.set(SESSION, new EdgeSession(session, asked, remembers));
      c.req.raw = withoutToken(await wholeRequest(c), request, stripped && url, carriers);
      const haveAnswered = await handlers.run();
      asked.closed = true;
      if (!haveAnswered) return { kind: "over", answer: undefined };
      // A handler that has failed half-way has said nothing about the half before.
      const intent = c.error === undefined ? intentOf(asked) : NO_INTENT;
      return { kind: "response", response: c.res, names: namesInOwn(c.res.headers), intent, pin: undefined };
    },
  };
}

/** Whether a request has its session already, from a middleware before this one. */
export function hasSession(c: Context): boolean {
  return c.get(SESSION) instanceof EdgeSession;
}

/** Holds the body of a request for its handlers. Returns whether all of it came. */
export async function holdBody(c: Context): Promise<boolean> {
  const { raw } = c.req;
  const body = raw.bodyUsed ? null : await takeBody(raw, () => raw.arrayBuffer());
  if (body instanceof ArrayBuffer) c.req.raw = new Request(raw, { body });
  return body !== "incomplete";
}

/** Puts a response in place of the handlers' response. hono would lay the headers of that response over it. */
export function replace(c: Context, response: Response): void {
  if (response === c.res) return;
  c.res = undefined;
  c.res = response;
}
