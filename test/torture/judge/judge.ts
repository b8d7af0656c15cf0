import type { History } from "../history.ts";
import { judgeChanges } from "./changes.ts";
import { judgeDeadlines } from "./deadlines.ts";
import { Endings } from "./endings.ts";
import { judgeEnds } from "./ends.ts";
import { Facts } from "./facts.ts";
import { judgeGenerations } from "./generations.ts";
import { judgeLogouts, judgeProofs, noticeDisplaced } from "./logouts.ts";
import { judgeReads } from "./reads.ts";
import { judgeRegisters } from "./registers.ts";
import type { Notice, Terms, Verdict, Violation } from "./verdict.ts";

/** Judges a history by the terms. Pure. */
export function judge(history: History, terms: Terms): Verdict {
  const facts = new Facts(history);
  const endings = new Endings(facts, terms);
  const proofs = judgeProofs(facts, endings);
  const isNotice = (finding: Violation | Notice): finding is Notice => finding.kind === "login-displaced";
  return {
    violations: [
      ...judgeChanges(facts, endings),
      ...judgeReads(facts, terms),
      ...judgeRegisters(facts, terms),
      ...judgeEnds(facts, endings, terms),
      ...judgeLogouts(facts, endings),
      ...proofs.filter((finding): finding is Violation => !isNotice(finding)),
      ...judgeGenerations(facts),
      ...judgeDeadlines(facts, terms),
    ],
    notices: [...proofs.filter(isNotice), ...noticeDisplaced(facts, endings)],
    acknowledged: facts.writes.filter(({ acked }) => acked).length,
    shown: facts.reads.filter(({ shown }) => shown.sid !== undefined).length,
  };
}
