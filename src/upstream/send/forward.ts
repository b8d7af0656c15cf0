import { pollWhile } from "../../lib/poll.ts";
import { clientOf } from "../health/client.ts";
import type { Loss, Sender } from "../health/loss-judge.ts";
import type { Origin, Pool } from "../pool.ts";
import { type HeaderNames, namesIn } from "../wire/origin-headers.ts";
import { type Attempt, type Outgoing, send } from "./attempt.ts";
import { sendHedged, wellBehind } from "./hedge.ts";

/**
 * The result of a request. `own-origin-unavailable`: the session may meet no other origin. `tookMs`: from sending the request to the
 * origin that answered, until the headers of its response.
 */
export type Forwarded = Sent &
  /** `hedged`: the first origin was slow, and the second origin has answered. */
  (
    | { kind: "response"; response: Response; names: HeaderNames; origin: Origin; tookMs: number; hedged?: boolean }
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
  /** Whether it was also sent to a second origin, because the first was slow. That counts as an attempt. */
  hedge?: true;
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
 *
 * @param beganAt when its origins were chosen, in milliseconds since 1970. Default: now.
 */
export function forward(
  outgoing: Outgoing,
  order: readonly Origin[],
  pool: Pool,
  clock: () => number,
  beganAt = clock(),
): Promise<Forwarded> {
  pool.retries.deposit(beganAt);
  const [first] = order;
  const isPlain = first && outgoing.hedgeAfterMs === undefined && !mustWait(first, outgoing, order, pool, beganAt);
  if (!isPlain) return tryInTurn(outgoing, order, pool, clock, beganAt);
  // The first try answers nearly every request. Until it has failed, nothing is made for further tries.
  return send(outgoing, first, beganAt, clock).then((attempt) =>
    attempt.kind === "response" && !outgoing.retries.statuses.has(attempt.response.status)
      ? answerOf(first, attempt.response, 1, beganAt, outgoing, pool, clock())
      : tryInTurn(outgoing, order, pool, clock, beganAt, attempt),
  );
}

/** The answer of an origin. Its pool takes note of it. */
function answerOf(
  origin: Origin,
  response: Response,
  attempts: number,
  sentAt: number,
  outgoing: Outgoing,
  pool: Pool,
  now: number,
): Answered {
  const names = namesIn(response.headers, pool.config.announcedHeaders);
  const hears = outgoing.hasSession && names.moor.includes("moor-closed");
  pool.answered(origin.index, response, now, hears, outgoing.session);
  return { kind: "response", response, names, origin, attempts, tookMs: now - sentAt };
}

/**
 * Tries the origins in order, until one of them answers or no further try is allowed.
 *
 * @param tried the result of the first try, if that has been made.
 */
async function tryInTurn(
  outgoing: Outgoing,
  order: readonly Origin[],
  pool: Pool,
  clock: () => number,
  beganAt: number,
  tried?: Attempt,
): Promise<Forwarded> {
  const { retries, isEvidence } = outgoing;
  let made = tried;
  const losses: Loss[] = [];
  let attempts = 0;
  /** A request that was not sent has cost no origin anything: the next try is not a repetition. */
  let wasSent = false;
  /** How many origins may have taken it. */
  let takenBy = 0;
  let kind: "unreachable" | "timeout" = "unreachable";
  let hedge: Origin | undefined;
  /** The last answer of a status after which the request is sent again. */
  let refused: Answered | undefined;

  /** A request that may be hedged may have been sent to two origins. */
  function noteHedge(attempt: Attempt): void {
    if (attempt.losses) losses.push(...attempt.losses);
    if (!attempt.hedge) return;
    hedge = attempt.hedge;
    attempts++;
    takenBy++;
  }

  /** An origin has answered: with the result, or with a status after which the next origin is tried. */
  function answeredBy(
    origin: Origin,
    { response, hedged }: Extract<Attempt, { kind: "response" }>,
    sentAt: number,
  ): Step {
    const by = (hedged && hedge) || origin;
    const answered = answerOf(by, response, attempts, sentAt, outgoing, pool, clock());
    if (hedged) answered.hedged = true;
    if (hedge) answered.hedge = true;
    if (!retries.statuses.has(response.status)) {
      if (losses.length > 0) judge(losses, outgoing, pool, true, clock());
      return answered;
    }
    refused = answered;
    takenBy++;
    return "next origin";
  }

  /** An origin has not answered. */
  async function lostBy(origin: Origin, attempt: Lost, sentAt: number, isFirst: boolean): Promise<Step> {
    if (attempt.kind === "invalid-status") return { kind: attempt.kind, attempts };
    kind = attempt.kind === "timeout" ? "timeout" : "unreachable";
    if (attempt.hedge) {
      takenBy++;
      return "next origin";
    }
    // Parallel requests may each lose an idle connection: the first loss counts once the second try has failed as well.
    const mayBeIdle = isFirst && attempt.kind === "lost" && retries.lost;
    if (mayBeIdle && pool.losses.isSecondTryDue(origin.index)) return "same origin";
    const loss: Loss = { index: origin.index, kind: attempt.kind, sentAt };
    losses.push(loss);
    if (isEvidence) pool.losses.note(loss, senderOf(outgoing), clock());
    if (loss.kind !== "unsent") takenBy++;
    const goesOn = origin !== order.at(-1) && (await isSentOn(loss, outgoing, pool));
    return goesOn ? "next origin" : failed();
  }

  /** The result when no further origin is tried: the last refused answer, if there is one. */
  function failed(retry?: "budget"): Forwarded {
    judge(losses, outgoing, pool, refused !== undefined, clock());
    return { ...(refused ?? { kind }), attempts, ...(hedge && { hedge: true }), ...(retry && { retry }) };
  }

  for (const origin of order) {
    if (origin === hedge) continue;
    const isWaiting = !made && mustWait(origin, outgoing, order, pool, clock());
    if (isWaiting) await waitFor(origin, pool, clock);
    // Others have met meanwhile that it is gone.
    const isGone = (attempts > 0 || isWaiting) && pool.isEjected(origin.index, clock());
    if (isGone && wellBehind(origin, order, pool, clock()).length > 0) continue;
    if (takenBy >= retries.origins && (refused || !(await mayGoOn(losses, outgoing, pool)))) break;
    const sentAt = attempts > 0 || isWaiting ? clock() : beganAt;
    let step: Step = "same origin";
    // An origin may have closed an idle connection, which then counts as lost: the origin is tried once more.
    for (let isFirst = true; step === "same origin"; isFirst = false) {
      if (wasSent && !pool.retries.withdraw(senderOf(outgoing).client, clock())) return failed("budget");
      // The attempts before may have taken longer than a handoff lives.
      if (attempts > 0) await outgoing.handAnew?.();
      attempts++;
      const mayHedge = outgoing.hedgeAfterMs !== undefined && !hedge;
      const sending = mayHedge
        ? () => sendHedged(outgoing, origin, order, pool, clock)
        : () => send(outgoing, origin, isFirst ? sentAt : clock(), clock);
      const attempt = made ?? (await sending());
      made = undefined;
      if (mayHedge) noteHedge(attempt);
      wasSent = attempt.kind !== "unsent";
      if (attempt.kind === "response") {
        if (refused) await refused.response.body?.cancel();
        step = answeredBy(origin, attempt, sentAt);
      } else step = await lostBy(origin, attempt, sentAt, isFirst);
    }
    if (step !== "next origin") return step;
  }
  return failed();
}

/** The step after a try: the result, or a further try. */
type Step = Forwarded | "same origin" | "next origin";

type Lost = Exclude<Attempt, { kind: "response" }>;

/** Whether a request that cannot be sent again waits while its origin is doubtful, so that it is not the next request to be lost. */
function mustWait(
  { index }: Origin,
  { retries }: Outgoing,
  order: readonly Origin[],
  pool: Pool,
  now: number,
): boolean {
  const mayWait = pool.losses.isUsed && !retries.lost && order.length > 1 && !pool.panic.isOn;
  return mayWait && pool.losses.isDoubtful(index, now);
}

/** Waits until an origin is no longer doubtful, for a moment at most. */
function waitFor({ index }: Origin, pool: Pool, clock: () => number): Promise<unknown> {
  return pollWhile(() => pool.losses.isDoubtful(index, clock()), MAX_WAIT_MS);
}

/** Whether a request goes on to the next origin after a loss. */
async function isSentOn({ index, kind, sentAt }: Loss, { retries }: Outgoing, pool: Pool): Promise<boolean> {
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
async function mayGoOn(losses: readonly Loss[], outgoing: Outgoing, pool: Pool): Promise<boolean> {
  if (outgoing.retries.origins === 1) return false;
  const { client } = senderOf(outgoing);
  const taken = losses.filter(({ kind }) => kind !== "unsent");
  if (!taken.some(({ index, sentAt }) => pool.losses.wasSilentBefore(index, client, sentAt))) return false;
  const answers = await Promise.all(taken.map(({ index, sentAt }) => pool.losses.answers(index, sentAt)));
  return !answers.includes(true);
}

/** Judges the origins that have lost a request, each origin by at most one loss. */
function judge(losses: readonly Loss[], outgoing: Outgoing, pool: Pool, isAnswered: boolean, now: number): void {
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
