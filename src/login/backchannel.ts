import type { ResolvedLogin } from "../config/resolved.ts";
import { RETRY_AFTER_SECONDS } from "../errors.ts";
import { readBounded } from "../lib/bounded-body.ts";
import type { KeySet } from "../lib/key-set.ts";
import type { Visit } from "../request/visit.ts";
import type { Principals } from "../store/principal-contracts.ts";
import { isShort, principalOf } from "./identity.ts";
import { readLogoutToken } from "./logout-token.ts";
import { orEnded } from "./provider-call.ts";

/** The parts by which the provider ends sessions. */
export interface BackchannelParts {
  readonly login: ResolvedLogin;
  readonly keys: KeySet;
  readonly principals: Pick<Principals, "endAll">;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

/** A logout token has about 800 bytes. */
const MOST_BYTES = 8_192;
const HEADERS = { "Cache-Control": "no-store" };

/**
 * Ends the sessions that the provider names in a logout token (OpenID Connect Back-Channel Logout 1.0, section 2.5). The answer is 200 once the
 * index of the principal has noted the logout: it goes on by itself with sessions that cannot be reached. No session is opened for the request.
 */
export function createBackchannel({ login, keys, principals, clock }: BackchannelParts) {
  return async ({ request, observer }: Visit): Promise<Response> => {
    const refuse = (reason: string) => {
      observer.note({ event: "logout_refused", reason });
      return Response.json({ error: "invalid_request" }, { status: 400, headers: HEADERS });
    };
    const unavailable = (reason: string) => {
      observer.note({ event: "logout_unavailable", reason });
      const headers = { ...HEADERS, "Retry-After": String(RETRY_AFTER_SECONDS) };
      return Response.json({ error: "temporarily_unavailable" }, { status: 503, headers });
    };
    const body = await readBounded(request.body, MOST_BYTES);
    if (typeof body === "string") return refuse(body);
    const sent = new URLSearchParams(new TextDecoder().decode(body)).getAll("logout_token");
    if (sent.length !== 1) return refuse("no logout_token");
    const expected = { ...login, now: clock() };
    const read = await orEnded(() => readLogoutToken(sent[0] as string, keys, expected));
    if (typeof read === "string") return refuse(read);
    if ("kind" in read) return unavailable(read.reason);
    const { sub, sid, issuedAt } = read;
    // A session at the provider whose name was too long to keep ends with all others of the visitor.
    const logout = isShort(sid) ? { sid } : { issuedAt };
    const ended = await principals.endAll(await principalOf(sub, login.id), { logout });
    if (ended.kind === "unavailable") return unavailable("the index of the principal");
    observer.note({ event: "logged_out_by_provider", ended: ended.ended, left: ended.left });
    return new Response(null, { headers: HEADERS });
  };
}
