import type { View } from "./history.ts";
import { type Asked, type Stage, type Subject, type SubjectKind, VISIT_HEADER } from "./subject.ts";

/** The parts of an ideal subject that can be spoilt, to see whether the judge notices. */
export interface Spoilt {
  /** Acknowledges a change and drops it. */
  readonly drops?: (visit: number) => boolean;
}

interface Session {
  attributes: Record<string, string>;
  hasEnded: boolean;
}

/**
 * Sessions in one place that never fails, changed in one step. It keeps the whole promise, and knows no generations.
 */
export function ideal({ drops = () => false }: Spoilt = {}): SubjectKind {
  return { create: async (stage) => createSubject(stage, drops) };
}

function createSubject({ origin }: Stage, drops: (visit: number) => boolean): Subject {
  const sessions = new Map<string, Session>();
  const alive = (sid: string | undefined) => {
    const session = sid === undefined ? undefined : sessions.get(sid);
    return session?.hasEnded ? undefined : session;
  };

  return {
    async handle(request) {
      const visit = Number(request.headers.get(VISIT_HEADER));
      const sid = /^sid=(.+)$/.exec(request.headers.get("Cookie") ?? "")?.[1];
      const asked = await origin(visit, viewOf(sid, alive(sid)));
      if (asked.end) {
        const session = alive(sid);
        if (session) session.hasEnded = true;
        return respond("sid=; Max-Age=0");
      }
      if (!asked.patch) return respond();
      // A change that meets an end begins a new session, as a change without a session does.
      const kept = alive(sid) && sid !== undefined ? sid : crypto.randomUUID();
      const session = sessions.get(kept) ?? { attributes: {}, hasEnded: false };
      sessions.set(kept, session);
      if (!drops(visit)) merge(session.attributes, asked.patch);
      return respond(`sid=${kept}`);
    },
    async identify(cookies) {
      const sid = cookies.get("sid");
      return sid === undefined ? undefined : { sid, generation: 0, version: 1 };
    },
    async truth(sid) {
      const session = sessions.get(sid);
      if (!session) return { kind: "none" };
      return session.hasEnded ? { kind: "ended" } : { kind: "live", attributes: { ...session.attributes } };
    },
    close: async () => {},
  };
}

function viewOf(sid: string | undefined, session: Session | undefined): View {
  return session && sid !== undefined ? { sid, attributes: { ...session.attributes } } : { attributes: {} };
}

function merge(attributes: Record<string, string>, patch: NonNullable<Asked["patch"]>): void {
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete attributes[name];
    else attributes[name] = value;
  }
}

function respond(setCookie?: string): Response {
  return new Response(null, { status: 204, headers: setCookie === undefined ? {} : { "Set-Cookie": setCookie } });
}
