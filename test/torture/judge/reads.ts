import { addedIn, type Facts, generationOf, isFresh, type Read, type Write } from "./facts.ts";
import type { Terms, Violation } from "./verdict.ts";

/**
 * No client reads older data than it has written or seen, and no client reads data older than the bound. Judges
 * attributes that are only added.
 */
export function judgeReads(facts: Facts, terms: Terms): Violation[] {
  const { othersMs } = terms;
  return facts.reads.filter(isFresh).flatMap((read) => {
    const missing = new Map<string, Violation>();
    const miss = (name: string, kind: Violation["kind"], id: number, why: string) => {
      if (name in read.shown.attributes || missing.has(name)) return;
      const message = `visit ${read.id} is shown no ${name}, ${why}`;
      missing.set(name, { kind, sid: read.shown.sid as string, message, ids: [id, read.id] });
    };
    for (const earlier of facts.knownTo(read)) {
      for (const name of mustSee(facts, earlier, read)) {
        miss(name, "stale-read", earlier.id, `which visit ${earlier.id} had shown or acknowledged to the same browser`);
      }
    }
    for (const write of facts.writes) {
      const { sid, name, acked, generation, id } = write;
      if ((generation ?? 0) < generationOf(read) && facts.mayBeApart(write, terms)) continue;
      if (sid !== read.shown.sid || !acked || !name.startsWith("u") || (generation ?? 0) > generationOf(read)) continue;
      if (facts.longestCalm(acked, read.left) < othersMs) continue;
      miss(name, "unseen", id, `acknowledged to visit or act ${id} more than ${othersMs} ms before`);
    }
    return [...missing.values()];
  });
}

/** The attributes of an earlier answer that a later answer to the same browser must show. */
function mustSee(facts: Facts, earlier: Read, later: Read): string[] {
  const { sid } = later.shown;
  const generation = generationOf(later);
  // A client that puts an older proof back sees the view of that generation alone, and writes into it.
  if (generationOf(earlier) < generation && facts.isByOlderProof(earlier)) return [];
  const seen = earlier.shown.sid === sid && isFresh(earlier) && generationOf(earlier) <= generation;
  const own = facts.writes.filter(
    (write) => write.id === earlier.id && write.sid === sid && (write.generation ?? 0) <= generation,
  );
  const names = [
    ...(seen ? addedIn(earlier.shown) : []),
    ...own.map(({ name }) => name).filter((name) => name.startsWith("u")),
  ];
  const isApart = (write: Write) => write.sid === sid && facts.isApartFrom(generation, write);
  return names.filter((name) => !facts.writes.some((write) => write.name === name && isApart(write)));
}
