import { createApiCall } from "./api-call.ts";
import { MoorOriginError } from "./errors.ts";
import type { Fetch } from "./fetch-json.ts";
import { createHandoffs, withoutSlash } from "./handoff.ts";
import { type HeaderSource, readHeader } from "./headers.ts";
import { createKeySet } from "./key-set.ts";
import { createOwnWrites } from "./own-writes.ts";
import { OriginSession } from "./session.ts";
import { createSessionApi, type SessionApi } from "./session-api.ts";
import { createSessionsApi } from "./sessions-api.ts";

/** The facts that an origin must know about the Moor in front of it. */
export interface OriginOptions {
  /** Moor's own name: its `MOOR_ISSUER`, an http or https URL without a path. A slash at its end does not count. */
  issuer: string;
  /** Id of the pool that this origin belongs to. */
  audience: string;
  /** Where this origin reaches Moor, for its public keys and the session API. Default: `issuer`. */
  moorUrl?: string;
  /** How long Moor may take for either, in milliseconds. Default 5,000; 1 to 60,000. */
  timeoutMs?: number;
  /** How far this machine's clock may be off, in seconds. Default 15; 0 to 60. */
  clockToleranceSeconds?: number;
  /** Milliseconds since 1970. Default `Date.now`. */
  now?: () => number;
  /** Default `globalThis.fetch`. */
  fetch?: Fetch;
}

/** Moor, as an origin sees it. */
export interface Origin {
  /**
   * The session that a request belongs to. Attributes that were too large for the handoff are fetched from the session
   * API, and so are changes that this process has stored there, if the handoff does not show them yet. A request without
   * a valid handoff is an error, never an anonymous session.
   *
   * @throws MoorOriginError `handoff-…`, `keys-unavailable`, and the errors of `SessionApi` if the session API is asked.
   */
  session(request: HeaderSource): Promise<OriginSession>;
}

/**
 * Makes the helper of an origin. Make it once per process: it keeps Moor's public keys.
 *
 * @throws TypeError if an option is out of its bounds.
 */
export function createOrigin(options: OriginOptions): Origin {
  const { audience, timeoutMs = 5000, clockToleranceSeconds = 15, now = Date.now } = options;
  const issuer = baseUrl("issuer", options.issuer);
  const moor = baseUrl("moorUrl", options.moorUrl ?? issuer);
  if (!audience) throw new TypeError('"audience" must be the id of a pool');
  inBounds("timeoutMs", timeoutMs, 1, 60_000);
  inBounds("clockToleranceSeconds", clockToleranceSeconds, 0, 60);
  const fetch: Fetch = options.fetch ?? ((url, init) => globalThis.fetch(url, init));
  const keys = createKeySet({ url: `${moor}/.moor/jwks.json`, fetch, timeoutMs, now });
  const ownWrites = createOwnWrites(now);
  const verified = createHandoffs({ keys, issuer, audience, clockToleranceSeconds });

  return {
    async session(request) {
      const jwt = readHeader(request, "moor-session");
      if (jwt === undefined) throw new MoorOriginError("handoff-missing", "the request has no Moor-Session header");
      const handoff = await verified(jwt, Math.floor(now() / 1000));
      const call = createApiCall({ moor, bearer: jwt, fetch, timeoutMs });
      const api = createSessionApi(call);
      const noted: SessionApi["patch"] = async (...asked) => {
        const stored = await api.patch(...asked);
        if (handoff.id !== undefined) ownWrites.note(handoff.id, stored);
        return stored;
      };
      const apis = { session: { ...api, patch: noted }, sessions: createSessionsApi(call) };
      const movedFrom = readHeader(request, "moor-moved");
      const session = new OriginSession({ ...handoff, movedFrom, attributes: handoff.attributes ?? {} }, apis, jwt);
      if (handoff.attributes === undefined) await session.api.read();
      else if (ownWrites.isBehind(handoff)) await session.api.read().catch(unlessOver);
      return session;
    },
  };
}

/** Moor has decided to show a session that is over by now, and judges its changes. */
function unlessOver(fault: unknown): void {
  if (!(fault instanceof MoorOriginError && fault.code === "session-over")) throw fault;
}

function baseUrl(option: string, value: string): string {
  if (!URL.canParse(value) || !/^https?:\/\/[^?#]+$/i.test(value)) {
    throw new TypeError(`"${option}" must be an http or https URL, not ${JSON.stringify(value)}`);
  }
  return withoutSlash(value);
}

function inBounds(option: string, value: number, least: number, most: number): void {
  if (!(value >= least && value <= most)) {
    throw new TypeError(`"${option}" must be a number from ${least} to ${most}, not ${value}`);
  }
}
