import { pollWhile } from "../../lib/poll.ts";
import { clientOf } from "../health/client.ts";
import type { Loss, Sender } from "../health/loss-judge.ts";
import type { Origin, Pool } from "../pool.ts";
import { type Attempt, type Outgoing, send } from "./attempt.ts";
import { sendHedged, wellBehind } from "./hedge.ts";

/** The result of a request. `own-origin-unavailable`: the session may meet no other origin. */
export type Forwarded = Sent &
  /** `hedged`: the first origin was slow, and the second origin has answered. */
  (
    | { kind: "response"; response: Response; origin: Origin; hedged?: boolean }
    /** `invalid-status`: an origin took the request and answered with a status that is not valid. */
    | { kind: "unreachable" | "timeout" | "invalid-status" | "own-origin-unavailable" }
  );

/** The result of a request that no origin has answered. */
export type Failed = Exclude<Forwarded, { kind: "response" }>;

/** How it was sent. */
export interface Sent {
  /** How often. */
  readonly attempts: number;
  /** Whether the health of origins was ignored, as too few are healthy. */
  readonly panic?: true;
  /** `budget`: it would have been sent again, but the pool's retry budget gives its client no retry. */
  readonly retry?: "budget";
}

/** How long a request that cannot be sent again waits while its origin is doubtful. */
const MAX_WAIT_MS = 250;

/** The result of a request that an origin has answered. */
export type Answered = Extract<Forwarded, { kind: "response" }>;

/**
 * Sends a request to the first origin that answers, in order. It sends it again as its {@link Retries} allow, within
 * the pool's retry budget. After a lost connection the same origin is tried once more; after any other failure only the
 * next origin is tried.
 *
 * A request that may be hedged is sent to a second origin when the first is slow: that is its retry. A streaming body
 * may be slow, or its client may break it off. So it has no deadline, and its fate says nothing about the origin.
 */
export async function forward(
  outgoing: Outgoing,
  order: readonly Origin[],
  pool: Pool,
  clock: () => number,
): Promise<Forwarded> {
  pool.retries.deposit(clock());
  const { lost, origins } = outgoing.retries;
  const run: Run = { ...NOT_TRIED, outgoing, order, pool, clock, losses: [] };
  for (const origin of order) {
    if (origin === run.hedge) continue;
    // A request that cannot be sent again waits while its origin is doubtful, so that it is not the next request to be
    // lost.
    const isDoubtful = () => pool.losses.isDoubtful(origin.index, clock());
    const isWaiting = !lost && order.length > 1 && !pool.panic.isOn() && isDoubtful();
    if (isWaiting) await pollWhile(isDoubtful, MAX_WAIT_MS);
    if ((run.attempts > 0 || isWaiting) && isGone(origin, run)) continue;
    if (run.takenBy >= origins && (run.refused || !(await mayGoOn(run)))) break;
    const result = await tryOrigin(origin, run);
    if (result !== "next") return result;
  }
  return failed(run);
}

/** A request on its way from origin to origin. */
interface Run {
  readonly outgoing: Outgoing;
  readonly order: readonly Origin[];
  readonly pool: Pool;
  readonly clock: () => number;
  readonly losses: Loss[];
  attempts: number;
  /** A request that was not sent has cost no origin anything: the next try is not a repetition. */
  wasSent: boolean;
  /** How many origins may have taken it. */
  takenBy: number;
  kind: "unreachable" | "timeout";
  hedge: Origin | undefined;
  /** The last answer of a status after which the request is sent again. */
  refused: Answered | undefined;
}

/** A request that no origin has been tried for. */
const NOT_TRIED = {
  attempts: 0,
  wasSent: false,
  takenBy: 0,
  kind: "unreachable",
  hedge: undefined,
  refused: undefined,
} as const;

/** Whether other requests have met meanwhile that the origin is gone. The last origin that is left is tried all the same. */
function isGone(origin: Origin, { order, pool, clock }: Run): boolean {
  return pool.isEjected(origin.index, clock()) && wellBehind(origin, order, pool, clock()).length > 0;
}

/**
 * Sends the request to an origin. An origin may have closed an idle connection, which then counts as lost: the origin is tried once
 * more.
 *
 * @returns `"next"`: the next origin is tried.
 */
async function tryOrigin(origin: Origin, run: Run): Promise<Forwarded | "next"> {
  const { outgoing, pool, clock } = run;
  const sentAt = clock();
  for (let isFirst = true; ; isFirst = false) {
    if (run.wasSent && !pool.retries.withdraw(senderOf(outgoing).client, clock())) return failed(run, "budget");
    const attempt = await attemptAt(origin, run);
    if (attempt.kind === "response") return answeredBy(origin, attempt, run);
    if (attempt.kind === "invalid-status") return { kind: attempt.kind, attempts: run.attempts };
    run.kind = attempt.kind === "timeout" ? "timeout" : "unreachable";
    if (attempt.hedge) {
      run.takenBy++;
      return "next";
    }
    // Parallel requests may each lose an idle connection: the first loss counts once the second try has failed as well.
    const mayBeIdle = isFirst && attempt.kind === "lost" && outgoing.retries.lost;
    if (!mayBeIdle || !pool.secondTries.isDue(origin.index)) {
      return lostBy(origin, { index: origin.index, kind: attempt.kind, sentAt }, run);
    }
  }
}

/** Sends the request once, or to two origins if it may be hedged. */
async function attemptAt(origin: Origin, run: Run): Promise<Attempt> {
  const { outgoing, order, pool, clock } = run;
  run.attempts++;
  const mayHedge = outgoing.hedgeAfterMs !== undefined && !run.hedge;
  const attempt = mayHedge
    ? await sendHedged(outgoing, origin, order, pool, clock)
    : await send(outgoing, origin, clock);
  run.wasSent = attempt.kind !== "unsent";
  if (attempt.hedge) {
    run.hedge = attempt.hedge;
    run.attempts++;
    run.takenBy++;
  }
  if (attempt.losses) run.losses.push(...attempt.losses);
  return attempt;
}

/** An origin has answered: with the result, or with a status after which the next origin is tried. */
async function answeredBy(
  origin: Origin,
  { response, hedged }: Extract<Attempt, { kind: "response" }>,
  run: Run,
): Promise<Forwarded | "next"> {
  const { outgoing, pool, clock, losses, attempts } = run;
  const by = (hedged && run.hedge) || origin;
  pool.answered(by.index, response, clock(), !outgoing.cacheable, outgoing.session);
  if (run.refused) await run.refused.response.body?.cancel();
  const answered: Answered = { kind: "response", response, origin: by, attempts, ...(hedged && { hedged }) };
  if (outgoing.retries.statuses.has(response.status)) {
    run.refused = answered;
    run.takenBy++;
    return "next";
  }
  if (losses.length > 0) judge(run, true);
  return answered;
}

/** An origin has lost the request, which may go on to the next origin. */
async function lostBy(origin: Origin, loss: Loss, run: Run): Promise<Forwarded | "next"> {
  const { outgoing, order, pool, clock } = run;
  run.losses.push(loss);
  if (outgoing.isEvidence) pool.losses.note(loss, senderOf(outgoing), clock());
  if (loss.kind !== "unsent") run.takenBy++;
  const goesOn = origin !== order.at(-1) && (await isSentOn(loss, run));
  return goesOn ? "next" : failed(run);
}

/** The result when no further origin is tried: the last refused answer, if there is one. */
function failed(run: Run, retry?: "budget"): Forwarded {
  const { attempts, kind, refused } = run;
  judge(run, refused !== undefined);
  const sent = retry ? { attempts, retry } : { attempts };
  return refused ? { ...refused, ...sent } : { kind, ...sent };
}

/** Whether a request goes on to the next origin after a loss. */
async function isSentOn({ index, kind, sentAt }: Loss, { outgoing, pool }: Run): Promise<boolean> {
  const { retries } = outgoing;
  if (kind !== "timeout") return retries[kind];
  // Whose page takes longer than they may wait for it is not helped by having it made once more.
  const isIfSilent = retries.timeout === "if-silent";
  return isIfSilent ? !(await pool.losses.answers(index, sentAt)) : retries.timeout === "always";
}

/**
 * Whether a request goes on to one origin more than may take it. A request that two origins have lost may be at fault
 * itself, or may have killed them. So it goes on only if neither origin answers anything else, and one of them had been
 * silent before this request: to a check, or to another client.
 */
async function mayGoOn({ outgoing, pool, losses }: Run): Promise<boolean> {
  if (outgoing.retries.origins === 1) return false;
  const { client } = senderOf(outgoing);
  const taken = losses.filter(({ kind }) => kind !== "unsent");
  if (!taken.some(({ index, sentAt }) => pool.losses.wasSilentBefore(index, client, sentAt))) return false;
  const answers = await Promise.all(taken.map(({ index, sentAt }) => pool.losses.answers(index, sentAt)));
  return !answers.includes(true);
}

/** Judges the origins that have lost a request, each origin by at most one loss. */
function judge({ outgoing, pool, clock, losses }: Run, isAnswered: boolean): void {
  const now = clock();
  const unconfirmed = outgoing.isEvidence ? "unknown" : "nothing";
  for (const loss of losses) {
    // Software behind Cloudflare may answer with a status of Cloudflare's: then all origins do, and are not cut off.
    const isConfirmed = isAnswered && (outgoing.isEvidence || loss.kind === "unsent");
    pool.losses.judge(loss, senderOf(outgoing), isConfirmed ? "confirmed" : unconfirmed, now);
  }
}

function senderOf({ clientIp, session }: Outgoing): Sender {
  return { client: clientOf(clientIp, session), session };
}
