import { type Facts, generationOf, isFresh, type Read, type Write } from "./facts.ts";
import { Order } from "./order.ts";
import type { Terms, Violation } from "./verdict.ts";

/** One register of one session, with all known values and their order. */
interface Register {
  readonly sid: string;
  readonly name: string;
  readonly writes: readonly Write[];
  readonly reads: readonly Read[];
  readonly order: Order;
}

/**
 * Registers are overwritten and removed. Each value is written once, so the views that were shown give its place in the
 * order. An older value that comes back contradicts this order. So the judge also finds a change that is applied twice.
 */
export function judgeRegisters(facts: Facts, terms: Terms): Violation[] {
  return registersOf(facts, terms).flatMap((register) => [
    ...judgeRegister(register, facts),
    ...lost(register, facts, terms),
  ]);
}

function registersOf(facts: Facts, terms: Terms): Register[] {
  const registers = new Map<string, Register>();
  const written = facts.writes.filter(({ name }) => name.startsWith("r"));
  const shown = facts.reads.flatMap(({ shown }) =>
    Object.keys(shown.attributes).map((name) => ({ sid: shown.sid, name })),
  );
  for (const { sid, name } of [...written, ...shown.filter(({ name }) => name.startsWith("r"))]) {
    if (sid === undefined || registers.has(`${sid} ${name}`)) continue;
    const writes = written.filter((write) => write.sid === sid && write.name === name);
    const reads = facts.reads.filter((read) => isFresh(read) && read.shown.sid === sid);
    registers.set(`${sid} ${name}`, { sid, name, writes, reads, order: orderOf(name, writes, reads, facts, terms) });
  }
  return [...registers.values()];
}

/**
 * The order that follows from time: a change that was done or seen comes before a change that began later. Changes of
 * different clients have an order only once the authority knows of the earlier change. It may not know of it while
 * something fails.
 */
function orderOf(name: string, writes: readonly Write[], reads: readonly Read[], facts: Facts, terms: Terms): Order {
  const order = new Order();
  for (const later of writes) {
    const known = new Set(facts.knownToWriter(later));
    const isAfter = (earlier: Write | undefined, visit: Read | undefined) =>
      (visit !== undefined && known.has(visit)) ||
      later.isAct ||
      (earlier !== undefined && facts.isAtAuthority(earlier, later.left, terms.othersMs));
    for (const earlier of writes) {
      if (facts.hadFailedFor(earlier, later, terms.lateMs)) order.add(earlier.id, later.id);
      const visit = facts.reads.find(({ id }) => id === earlier.id);
      if (!earlier.acked || earlier.acked.tick >= later.left.tick || !isAfter(earlier, visit)) continue;
      order.add(earlier.id, later.id);
    }
    for (const read of reads) {
      const seen = seenIn(read, name);
      if (seen === undefined || read.answered.tick >= later.left.tick) continue;
      if (
        isAfter(
          writes.find(({ id }) => id === seen),
          read,
        )
      )
        order.add(seen, later.id);
    }
  }
  return order;
}

/** The write whose value is shown. */
function seenIn({ shown }: Read, name: string): number | undefined {
  const value = shown.attributes[name];
  return typeof value === "string" ? Number(value.slice(1)) : undefined;
}

/** No browser is shown a value that is older than a value it has seen or was told is done. */
function judgeRegister({ sid, name, writes, reads, order }: Register, facts: Facts): Violation[] {
  const stale = (read: Read, than: number, id: number): Violation => {
    const shown = read.shown.attributes[name] ?? "nothing";
    const message = `visit ${read.id} is shown ${shown} in ${name}, older than v${than}, of which visit ${id} had told the same browser`;
    return { kind: "stale-read", sid, message, ids: [than, id, read.id] };
  };
  const violations: Violation[] = [];
  for (const read of reads) {
    const now = seenIn(read, name);
    const known = facts.knownTo(read).flatMap((earlier) => knownBy(earlier, read, { sid, name, writes }, facts));
    const broken =
      now === undefined
        ? known.find(({ write }) => !mayBeRemoved(write, writes, order, read.answered.tick))
        : known.find(({ write }) => write !== now && order.reaches(now, write));
    if (broken) violations.push(stale(read, broken.write, broken.by));
    else if (now !== undefined) for (const { write } of known) if (write !== now) order.add(write, now);
    const before = now === undefined ? undefined : removedBetween(read, now, name, sid, facts);
    if (before && !broken) violations.push(stale(read, now as number, before.id));
  }
  return violations;
}

/** The writes that an earlier answer had shown to, or acknowledged to, the browser of a later answer. */
function knownBy(
  earlier: Read,
  later: Read,
  { sid, name, writes }: Pick<Register, "sid" | "name" | "writes">,
  facts: Facts,
) {
  const generation = generationOf(later);
  if (generationOf(earlier) < generation && facts.isByOlderProof(earlier)) return [];
  const known: { write: number; by: number }[] = [];
  const seen = seenIn(earlier, name);
  const counts = earlier.shown.sid === sid && isFresh(earlier) && generationOf(earlier) <= generation;
  if (seen !== undefined && counts) known.push({ write: seen, by: earlier.id });
  const own = writes.find((write) => write.id === earlier.id && write.acked && (write.generation ?? 0) <= generation);
  if (own) known.push({ write: own.id, by: earlier.id });
  const apart = writes.filter((write) => facts.isApartFrom(generation, write)).map(({ id }) => id);
  return known.filter(({ write }) => !apart.includes(write));
}

/** Whether a removal may have come after a write, by `tick`. It is always so if the write is itself a removal. */
function mayBeRemoved(id: number, writes: readonly Write[], order: Order, tick: number): boolean {
  if (writes.some((write) => write.id === id && write.value === undefined)) return true;
  return writes.some((write) => write.value === undefined && write.left.tick < tick && !order.reaches(write.id, id));
}

/** An earlier read of the same browser in which a value was gone that is now shown again. */
function removedBetween(read: Read, now: number, name: string, sid: string, facts: Facts): Read | undefined {
  const seesIt = (earlier: Read) =>
    earlier.id === now || (earlier.shown.sid === sid && isFresh(earlier) && seenIn(earlier, name) === now);
  return facts.knownTo(read).find((gap) => {
    const isGap = gap.shown.sid === sid && isFresh(gap) && gap.id !== now && seenIn(gap, name) === undefined;
    if (!isGap || generationOf(gap) > generationOf(read)) return false;
    return facts.knownTo(gap).some((earlier) => seesIt(earlier) && generationOf(earlier) <= generationOf(gap));
  });
}

/** Acknowledged writes that an older write has overtaken in the end. */
function lost({ sid, name, writes, order }: Register, facts: Facts, terms: Terms): Violation[] {
  const { history } = facts;
  const truth = history.truths.get(sid);
  if (truth?.kind !== "live") return [];
  const value = truth.attributes[name];
  const last = typeof value === "string" ? Number(value.slice(1)) : undefined;
  const isLost = (write: Write) => {
    const { id, acked } = write;
    if (!acked || id === last || facts.mayBeApart(write, terms)) return false;
    return last === undefined ? !mayBeRemoved(id, writes, order, Number.POSITIVE_INFINITY) : order.reaches(last, id);
  };
  return writes.filter(isLost).map(({ id }) => ({
    kind: "lost",
    sid,
    message: `${name} is ${value ?? "gone"} in the end, older than what was acknowledged to visit or act ${id}`,
    ids: [...(last === undefined ? [] : [last]), id],
  }));
}
