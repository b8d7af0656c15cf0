/** A sorted set of Redis, as far as the index of pending sessions uses such a set. */
export interface SortedSet<Member> {
  /** Sets a member's score, unless it is lower than the member's score so far. */
  note(member: Member, score: number): void;
  /** Forgets a member, unless its score is after `before`. */
  settle(member: Member, before: number): "forgotten" | "kept";
  /** Members from the lowest score; members of the same score come in the order of their texts. */
  range(offset: number, limit?: number): Member[];
}

/** An empty sorted set. */
export function createSortedSet<Member extends string | number>(): SortedSet<Member> {
  const scores = new Map<Member, number>();
  return {
    note(member, score) {
      scores.set(member, Math.max(score, scores.get(member) ?? 0));
    },
    settle(member, before) {
      if ((scores.get(member) ?? 0) > before) return "kept";
      scores.delete(member);
      return "forgotten";
    },
    range(offset, limit = scores.size) {
      const inOrder = [...scores].sort(([a, x], [b, y]) => x - y || (String(a) < String(b) ? -1 : 1));
      return inOrder.slice(offset, offset + limit).map(([member]) => member);
    },
  };
}
