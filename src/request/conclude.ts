import type { OwnNames } from "../carriers/carrier.ts";
import type { FailureCode } from "../errors.ts";
import type { Carriers } from "../inbound/carriers.ts";
import { isTokenKeptBack, SAFE_METHODS } from "../inbound/cross-site.ts";
import type { LogEntry } from "../log.ts";
import type { OldRef } from "../session/record.ts";
import type { Turn } from "../store/locking.ts";
import { isJustVouched, type OpenedSession } from "../store/open-session.ts";
import type { Commit, CommitFacts, commit, Done } from "./commit.ts";
import { follow } from "./follow.ts";
import { refusalOf } from "./refusal.ts";
import {
  give,
  markFor,
  mayGiveFreshToken,
  mayGiveProvisional,
  ownNames,
  type ResponseChanges,
  respond,
  type TokenWrite,
  tokenFor,
} from "./respond.ts";
import type { Handling, Responded } from "./responder.ts";
import type { Stores } from "./stores.ts";
import type { AnyVisit } from "./visit.ts";

/** A request with a session that has a response. */
export interface Concluding {
  readonly visit: AnyVisit;
  readonly handling: Handling;
  readonly opened: OpenedSession;
  readonly responded: Responded;
  readonly stores: Stores;
  readonly turn: Turn | undefined;
}

/** Commits the intent that came with a response, and gives the token. Answers at once if nothing is written, and no token is new. */
export type Conclude = (concluding: Concluding) => Response | Promise<Response>;

/** The parts of the last steps. */
export interface ConcludeParts {
  readonly write: typeof commit;
  readonly carriers: Pick<Carriers, "own">;
  readonly clock: () => number;
  /** See {@link TokenOptions}. */
  readonly endedOf: (visit: AnyVisit) => ((old: OldRef) => Promise<readonly string[]> | undefined) | undefined;
}

/** Puts together the last steps of a request with a session. The numbers are those of the README's list. */
export function createConclude({ write, carriers, clock, endedOf }: ConcludeParts): Conclude {
  /** Acknowledges the write that the stores were asked for, and the change that the origin has written itself. */
  async function acknowledge(concluding: Concluding, writing: Commit | Promise<Commit>, facts: CommitFacts) {
    const { visit, opened, responded, stores } = concluding;
    const { version } = responded.intent as Exclude<Responded["intent"], { kind: "refused" }>;
    let done = await writing;
    if (done.loss) visit.observer.lossProved(done.loss, opened.session.token.id);
    if (done.kind === "done" && version !== undefined) done = await follow(done, version, opened, facts, stores);
    if (done.kind === "done") return giveToken(concluding, done);
    const { code, entry } = refusalOf(done);
    return refuse(concluding, code, entry);
  }

  /** Gives the token that the session has now. */
  function giveToken(concluding: Concluding, done: Done): Response | Promise<Response> {
    const { visit, opened, responded, stores } = concluding;
    const { request, url, client, arrival, observer, toMark } = visit;
    const { response, pin, isBinding } = responded;
    if (done.written || done.untouched) observer.committed(done);
    const hasToken = client.token !== undefined && !client.isProvisional;
    const isNew = !opened.session.returning && !isTokenKeptBack(request, url, client);
    const isWanted =
      isNew && !opened.awaitsToken && (client.asks || mayGiveFreshToken(request, clock() - arrival.arrivedAt));
    const mayGiveFresh = isWanted || toMark.has(done.session.token.id);
    const mayGiveAside =
      isNew && !mayGiveFresh && !hasToken && mayGiveProvisional(request, response.headers, client.carrier);
    const giving = {
      mayGiveFresh,
      mayGiveAside,
      isProvisional: client.isProvisional,
      moved: pin === undefined ? undefined : { pin, isNews: isJustVouched(opened, stores), isBinding },
      // Where the token and the proof are one text, each new token needs its proof again.
      withProof: !client.carrier.apart || client.links !== undefined,
      ended: done.ended ? endedOf(visit) : undefined,
    };
    const token = tokenFor(done, giving, stores); // 8
    return token instanceof Promise || toMark.size > 0 ? sign(concluding, token) : answer(concluding, token, "");
  }

  async function sign(concluding: Concluding, signing: TokenWrite | Promise<TokenWrite>): Promise<Response> {
    const { client, toMark } = concluding.visit;
    const token = await signing;
    return answer(concluding, token, await markFor(token, client, toMark, concluding.stores));
  }

  function answer({ visit, responded, stores }: Concluding, token: TokenWrite, mark: string): Response {
    const { response, names } = responded;
    return finish(visit, response, { names, token, mark, cookies: stores.cookies?.(), session: true }, carriers.own);
  }

  return (concluding) => {
    const { visit, handling, opened, responded, stores, turn } = concluding;
    const { request, url, client, toMark } = visit;
    const { intent } = responded;
    if (intent.kind === "refused") {
      const { header, reason } = intent;
      return refuse(concluding, "origin_change_refused", { event: "origin_change_refused", header, reason });
    }
    const mayBeForeign = !SAFE_METHODS.has(request.method) && handling.crossSite !== "allow";
    const isForeign = mayBeForeign && isTokenKeptBack(request, url, client);
    const facts = { request, toMark, touches: handling.touch, lease: turn?.lease, isForeign };
    const done = write(opened, intent, facts, stores); // 7
    const isDone = !(done instanceof Promise) && intent.version === undefined;
    return isDone ? giveToken(concluding, done) : acknowledge(concluding, done, facts);
  };
}

/** The response as its client gets it. */
export function finish(
  { client, url, stripped, observer }: AnyVisit,
  response: Response,
  { names, token, mark, cookies, session }: Pick<ResponseChanges, "names" | "token" | "mark" | "cookies" | "session">,
  own: OwnNames,
): Response {
  const { explains } = observer.facts;
  const dropped = ownNames(response, names, own);
  if (dropped.length > 0) observer.ownNamesDropped(dropped);
  // No cache may keep a token or a mark, so `respond` replaces the origin's headers about caching.
  const isReplaced = token.kind !== "none" || mark !== "" || Boolean(cookies?.length);
  return respond(response, {
    names,
    dropped,
    client,
    page: url,
    stripped,
    token,
    mark,
    cookies,
    session,
    explain: explains === "no" ? undefined : observer.explanation(isReplaced ? response.headers : undefined),
    isForOne: explains === "debug",
  });
}

/** A failure in place of a response whose intent was not done. */
async function refuse({ visit, responded, stores }: Concluding, code: FailureCode, entry: LogEntry): Promise<Response> {
  const { client, observer, toMark } = visit;
  await responded.response.body?.cancel();
  const failure = observer.failed(code, entry);
  const untouched = { kind: "none" } as const;
  give(failure.headers, client, untouched, await markFor(untouched, client, toMark, stores), stores.cookies?.());
  return failure;
}
