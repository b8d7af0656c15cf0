import type { FailureCode } from "../errors.ts";
import type { FoundingLimit } from "../inbound/founding-limit.ts";
import { whereaboutsOf } from "../inbound/whereabouts.ts";
import { describeFault, type LogEntry } from "../log.ts";
import type { Intent } from "../session/session.ts";
import type { Lease } from "../store/locking.ts";
import type { OpenedSession } from "../store/open-session.ts";
import { type Commit, type CommitFacts, type CommitParts, commit, type Done, follow, isFounding } from "./commit.ts";

/** A request that has been answered, with the changes of its session that it asks for. */
export interface Ending {
  readonly request: Request;
  readonly opened: OpenedSession;
  readonly intent: Intent;
  /** Whether the request may renew the idle deadline. */
  readonly touches: boolean;
  readonly lease: Lease | undefined;
  /** Whether another site's page has sent it, whose visitor may have a session of their own: then it founds none. */
  readonly isForeign: boolean;
}

/** What concluding a request needs. */
export interface ConcludeParts extends CommitParts {
  /** Default: no limit. */
  readonly mayFound?: FoundingLimit | undefined;
}

/** What became of a request's changes; refused ones leave the session as it was. `marks`: the response sets the mark. */
export type Concluded = { readonly marks: boolean } & (
  | { kind: "done"; done: Done }
  | { kind: "refused"; code: FailureCode; entry: LogEntry }
);

/** Carries out what was asked of a request's session, or tells with which failure its client is answered. */
export async function conclude(ending: Ending, parts: ConcludeParts): Promise<Concluded> {
  const { request, opened, intent, touches, lease, isForeign } = ending;
  const { version } = intent;
  if (isForeign && isFounding(opened.session, intent)) {
    const reason = "another site's page would found a session";
    return refused("cross_site", { event: "request_refused", reason }, opened.marks);
  }
  const login = parts.principals && intent.principal !== undefined ? { where: whereaboutsOf(request) } : undefined;
  const { mayFound } = parts;
  const facts: CommitFacts = { login, lease, mayFound: mayFound && (() => mayFound(request)) };
  let committed = await commit(opened, intent, touches ? parts : { ...parts, touches: false }, facts);
  let marks = opened.marks || committed.marks === true;
  if (committed.kind === "done" && version !== undefined) {
    committed = await follow(committed, version, opened.ref, parts);
    marks ||= committed.marks === true;
  }
  return committed.kind === "done" ? { kind: "done", done: committed, marks } : refusal(committed, marks);
}

function refusal(committed: Exclude<Commit, Done>, marks: boolean): Concluded {
  switch (committed.kind) {
    case "ended":
      return refused("session_ended", { event: "session_ended" }, marks);
    case "refused":
      return refused("origin_change_refused", { event: "origin_change_refused", reason: committed.reason }, marks);
    case "lock-lost":
      return refused("lock_lost", { event: "lock_lost" }, marks);
    case "founding-limited":
      return refused("too_many_new_sessions", { event: "too_many_new_sessions" }, marks);
    case "too-many-sessions": {
      const reason = "the principal has too many sessions";
      return refused("too_many_sessions", { event: "too_many_sessions", reason }, marks);
    }
    case "unavailable": {
      const reason = describeFault(committed.cause);
      return refused("session_unavailable", { event: "session_unavailable", reason }, marks);
    }
  }
}

function refused(code: FailureCode, entry: LogEntry, marks: boolean): Concluded {
  return { kind: "refused", code, entry, marks };
}
