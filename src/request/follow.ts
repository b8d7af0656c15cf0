import type { Commit, CommitFacts, CommitParts, Done, Known } from "./commit.ts";

/**
 * Follows what the origin has written through the session API: the authority is asked when the view is older than
 * `version`, so that the token tells the client what it has caused.
 */
export async function follow(
  done: Done,
  version: number,
  { ref }: Known,
  { toMark }: CommitFacts,
  parts: CommitParts,
): Promise<Commit> {
  if (!done.view || done.ended || done.view.version >= version) return done;
  // What a rotation returned is as new as can be, and a read would count as the new generation's first use. A session
  // that was started anew is another than the one that the origin has written.
  if (done.rotated || done.session.token.id !== ref.id) return done;
  const found = await parts.authority.read({ ...ref, generation: done.view.generation }, parts.clock());
  switch (found.kind) {
    case "hit":
      parts.tiers.keep(found.copy);
      return { ...done, view: found.copy, replicated: found.copy.replicated };
    case "superseded":
      return found.before ? { ...done, view: found.before } : { kind: "ended" };
    case "miss":
    case "ended":
      toMark.add(ref.id);
      return { kind: "ended" };
    case "unavailable":
      return found;
  }
}
