import type { OpenedToken, Tokens } from "../inbound/tokens.ts";
import type { Policy, Ref } from "../session/change.ts";
import { Session } from "../session/session.ts";
import type { Source, Tiers } from "./tiers.ts";

/** Where a request's session came from: `none` without a token, `new` with one of a session that exists nowhere. */
export type SessionSource = "none" | "new" | Source;

/** A request's session, or why there is none. */
export type Opened =
  | { kind: "session"; session: Session; ref: Ref; source: SessionSource }
  | { kind: "unavailable"; cause: unknown };

/** When and where a request reached the edge. */
export type Arrival = Pick<Ref, "arrivedAt" | "colo">;

/** Opens the session of a request: the one that its token names, or a fresh, unsaved one. */
export async function openSession(
  token: OpenedToken | undefined,
  arrival: Arrival,
  parts: { tiers: Tiers; tokens: Tokens; policy: Policy; strict: boolean },
): Promise<Opened> {
  if (!token) return fresh(arrival, parts);
  const ref = refOf(token, arrival);
  if (token.version === 0) {
    return { kind: "session", session: new Session(token, { returning: true }), ref, source: "new" };
  }
  const found = await parts.tiers.resolve(ref, token, { strict: parts.strict, now: arrival.arrivedAt });
  switch (found.kind) {
    case "hit":
      return session(token, ref, found.copy, found.source);
    case "superseded":
      return found.copy ? session(token, ref, found.copy, found.source) : fresh(arrival, parts);
    // The token tells that there was a record, so one that is gone has ended.
    case "miss":
    case "ended":
      return fresh(arrival, parts);
    case "unavailable":
      return found;
  }
}

function session(token: OpenedToken, ref: Ref, view: NonNullable<Session["view"]>, source: Source): Opened {
  return { kind: "session", session: new Session(token, { returning: true, view }), ref, source };
}

async function fresh(arrival: Arrival, { tokens, policy }: { tokens: Tokens; policy: Policy }): Promise<Opened> {
  const token = await tokens.mint(arrival.arrivedAt, policy.newSessionHours * 3_600_000);
  const session = new Session(token, { returning: false });
  return { kind: "session", session, ref: refOf(token, arrival), source: "none" };
}

function refOf({ id, generation, version, bornAt }: OpenedToken, { arrivedAt, colo }: Arrival): Ref {
  // A token that has seen a record founds none: without its birth nothing can be founded, whatever the policy says.
  return { id, generation, bornAt: version === 0 ? bornAt : 0, arrivedAt, colo };
}
