import type { History } from "../history.ts";
import { heldByOldCookies, judgeAdoptions } from "./adoptions.ts";
import { judgeApplied } from "./applied.ts";
import { answeredByArrival } from "./arrivals.ts";
import { judgeChanges } from "./changes.ts";
import { judgeCopied, judgeFreshness, judgeIntrusions, judgeSignIns } from "./credentials.ts";
import { judgeDeadlines } from "./deadlines.ts";
import { Endings } from "./endings.ts";
import { judgeEnds } from "./ends.ts";
import { Facts } from "./facts.ts";
import { judgeFlashes } from "./flashes.ts";
import { judgeGenerations, judgeGrace, judgeLogins } from "./generations.ts";
import { judgeLifetimes, judgeLogouts, judgeProofs, noticeDisplaced } from "./logouts.ts";
import { judgeLosses } from "./losses.ts";
import { judgeReads } from "./reads.ts";
import { judgeRegisters } from "./registers.ts";
import { findSetBack, noticeSetBack, toldStale } from "./set-back.ts";
import type { Notice, Terms, Verdict, Violation } from "./verdict.ts";

/** Judges a history by the terms. Pure. */
export function judge(played: History, terms: Terms): Verdict {
  const history = heldByOldCookies(terms.acknowledgedByArrival ? answeredByArrival(played) : played);
  const setBack = terms.backupMayLag ? findSetBack(history) : [];
  const facts = new Facts(toldStale(history, setBack), terms);
  const endings = new Endings(facts, terms);
  const proofs = judgeProofs(facts, endings);
  const isNotice = (finding: Violation | Notice): finding is Notice => finding.kind === "login-displaced";
  return {
    violations: judgeLosses(
      history,
      [
        ...judgeChanges(facts, endings, terms),
        ...judgeApplied(facts),
        ...judgeAdoptions(facts, endings, terms),
        ...judgeReads(facts, terms),
        ...judgeRegisters(facts, terms),
        ...judgeEnds(facts, endings, terms),
        ...judgeLogouts(facts, endings, terms),
        ...judgeLifetimes(facts, endings),
        ...proofs.filter((finding): finding is Violation => !isNotice(finding)),
        ...judgeGenerations(facts),
        ...judgeGrace(facts, terms),
        ...judgeLogins(facts),
        ...judgeFreshness(facts),
        ...judgeSignIns(facts),
        ...judgeIntrusions(facts),
        ...judgeCopied(facts, terms),
        ...judgeFlashes(facts),
        ...judgeDeadlines(facts, terms),
      ],
      terms,
    ),
    notices: [...proofs.filter(isNotice), ...noticeDisplaced(facts, endings), ...noticeSetBack(setBack)],
    acknowledged: facts.writes.filter(({ acked }) => acked).length,
    shown: facts.reads.filter(({ shown }) => shown.sid !== undefined).length,
  };
}
