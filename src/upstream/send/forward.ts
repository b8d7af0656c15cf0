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
 */
export function forward(
  outgoing: Outgoing,
  order: readonly Origin[],
  pool: Pool,
  clock: () => number,
): Promise<Forwarded> {
  return new Forwarding(outgoing, order, pool, clock).run();
}

/** The way of one request to the origin that answers it. */
class Forwarding {
  readonly #outgoing: Outgoing;
  readonly #order: readonly Origin[];
  readonly #pool: Pool;
  readonly #clock: () => number;
  readonly #losses: Loss[] = [];
  #attempts = 0;
  /** A request that was not sent has cost no origin anything: the next try is not a repetition. */
  #wasSent = false;
  /** How many origins may have taken it. */
  #takenBy = 0;
  #kind: "unreachable" | "timeout" = "unreachable";
  #hedge: Origin | undefined;
  /** The last answer of a status after which the request is sent again. */
  #refused: Answered | undefined;

  constructor(outgoing: Outgoing, order: readonly Origin[], pool: Pool, clock: () => number) {
    this.#outgoing = outgoing;
    this.#order = order;
    this.#pool = pool;
    this.#clock = clock;
  }

  /**
   * Sends the request to one origin after the other. An origin may have closed an idle connection, which then counts as lost: the
   * origin is tried once more.
   */
  async run(): Promise<Forwarded> {
    const outgoing = this.#outgoing;
    const order = this.#order;
    const pool = this.#pool;
    const clock = this.#clock;
    const beganAt = clock();
    pool.retries.deposit(beganAt);
    for (const origin of order) {
      if (origin === this.#hedge) continue;
      // A request that cannot be sent again waits while its origin is doubtful, so that it is not the next request to be
      // lost.
      const mayWait = pool.losses.isUsed && !outgoing.retries.lost && order.length > 1 && !pool.panic.isOn;
      const isWaiting = mayWait && pool.losses.isDoubtful(origin.index, clock());
      if (isWaiting) await waitFor(origin, pool, clock);
      // Others have met meanwhile that it is gone.
      const isGone = (this.#attempts > 0 || isWaiting) && pool.isEjected(origin.index, clock());
      if (isGone && wellBehind(origin, order, pool, clock()).length > 0) continue;
      const isTaken = this.#takenBy >= outgoing.retries.origins;
      if (isTaken && (this.#refused || !(await mayGoOn(this.#losses, outgoing, pool)))) break;
      const sentAt = this.#attempts > 0 || isWaiting ? clock() : beganAt;
      let step: Step = "same origin";
      for (let isFirst = true; step === "same origin"; isFirst = false) {
        if (this.#wasSent && !pool.retries.withdraw(senderOf(outgoing).client, clock())) return this.#failed("budget");
        // The attempts before may have taken longer than a handoff lives.
        if (this.#attempts > 0) await outgoing.handAnew?.();
        this.#attempts++;
        const mayHedge = outgoing.hedgeAfterMs !== undefined && !this.#hedge;
        const sending = mayHedge ? sendHedged(outgoing, origin, order, pool, clock) : send(outgoing, origin, clock);
        const attempt = await sending;
        if (mayHedge) this.#noteHedge(attempt);
        this.#wasSent = attempt.kind !== "unsent";
        if (attempt.kind === "response") {
          if (this.#refused) await this.#refused.response.body?.cancel();
          step = this.#answeredBy(origin, attempt, sentAt);
        } else step = await this.#lostBy(origin, attempt, sentAt, isFirst);
      }
      if (step !== "next origin") return step;
    }
    return this.#failed();
  }

  /** A request that may be hedged may have been sent to two origins. */
  #noteHedge(attempt: Attempt): void {
    if (attempt.losses) this.#losses.push(...attempt.losses);
    if (!attempt.hedge) return;
    this.#hedge = attempt.hedge;
    this.#attempts++;
    this.#takenBy++;
  }

  /** An origin has answered: with the result, or with a status after which the next origin is tried. */
  #answeredBy(origin: Origin, { response, hedged }: Extract<Attempt, { kind: "response" }>, sentAt: number): Step {
    const { session, hasSession, retries } = this.#outgoing;
    const pool = this.#pool;
    const by = (hedged && this.#hedge) || origin;
    const now = this.#clock();
    const names = namesIn(response.headers, pool.config.announcedHeaders);
    const hears = hasSession && names.moor.includes("moor-closed");
    pool.answered(by.index, response, now, hears, session);
    const tookMs = now - sentAt;
    const answered: Answered = { kind: "response", response, names, origin: by, attempts: this.#attempts, tookMs };
    if (hedged) answered.hedged = true;
    if (this.#hedge) answered.hedge = true;
    if (!retries.statuses.has(response.status)) {
      if (this.#losses.length > 0) this.#judge(true);
      return answered;
    }
    this.#refused = answered;
    this.#takenBy++;
    return "next origin";
  }

  /** An origin has not answered. */
  async #lostBy(origin: Origin, attempt: Lost, sentAt: number, isFirst: boolean): Promise<Step> {
    const { kind } = attempt;
    if (kind === "invalid-status") return { kind, attempts: this.#attempts };
    this.#kind = kind === "timeout" ? "timeout" : "unreachable";
    if (attempt.hedge) {
      this.#takenBy++;
      return "next origin";
    }
    const { retries, isEvidence } = this.#outgoing;
    const { losses } = this.#pool;
    const { index } = origin;
    // Parallel requests may each lose an idle connection: the first loss counts once the second try has failed as well.
    const mayBeIdle = isFirst && kind === "lost" && retries.lost;
    if (mayBeIdle && losses.isSecondTryDue(index)) return "same origin";
    const loss: Loss = { index, kind, sentAt };
    this.#losses.push(loss);
    if (isEvidence) losses.note(loss, senderOf(this.#outgoing), this.#clock());
    if (kind !== "unsent") this.#takenBy++;
    const goesOn = origin !== this.#order.at(-1) && (await isSentOn(loss, this.#outgoing, this.#pool));
    return goesOn ? "next origin" : this.#failed();
  }

  /** The result when no further origin is tried: the last refused answer, if there is one. */
  #failed(retry?: "budget"): Forwarded {
    this.#judge(this.#refused !== undefined);
    const result = this.#refused ?? { kind: this.#kind };
    return { ...result, attempts: this.#attempts, ...(this.#hedge && { hedge: true }), ...(retry && { retry }) };
  }

  /** Judges the origins that have lost the request, each origin by at most one loss. */
  #judge(isAnswered: boolean): void {
    const { isEvidence } = this.#outgoing;
    const unconfirmed = isEvidence ? "unknown" : "nothing";
    for (const loss of this.#losses) {
      // Software behind Cloudflare may answer with a status of Cloudflare's: then all origins do, and are not cut off.
      const isConfirmed = isAnswered && (isEvidence || loss.kind === "unsent");
      this.#pool.losses.judge(loss, senderOf(this.#outgoing), isConfirmed ? "confirmed" : unconfirmed, this.#clock());
    }
  }
}

/** What follows a try: the result, or a further try. */
type Step = Forwarded | "same origin" | "next origin";

type Lost = Exclude<Attempt, { kind: "response" }>;

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

function senderOf({ clientIp, session }: Outgoing): Sender {
  return { client: clientOf(clientIp, session), session };
}
