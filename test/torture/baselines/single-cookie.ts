import type { Kept } from "../carriers.ts";
import type { Truth } from "../history.ts";
import { type Stage, type Subject, type SubjectKind, VISIT_HEADER } from "../subject.ts";

/** A session as a framework without a store keeps it. The seal is left out, because nobody forges it here. */
interface InCookie {
  readonly sid: string;
  readonly attributes: Readonly<Record<string, string>>;
}

const COOKIE = "session";

/** A session whole in one cookie. Each response that changes the session writes the cookie anew, and the last response wins. */
export const singleCookie: SubjectKind = { create: async (stage) => createSubject(stage) };

function createSubject({ origin, random }: Stage): Subject {
  const latest = new Map<string, InCookie>();

  return {
    async handle(request) {
      const session = read(/(?:^|; )session=([^;]+)/.exec(request.headers.get("Cookie") ?? "")?.[1]);
      const view = session ? { sid: session.sid, attributes: session.attributes } : { attributes: {} };
      const asked = await origin(Number(request.headers.get(VISIT_HEADER)), view);
      if (asked.end) return answer(`${COOKIE}=; Max-Age=0`);
      if (!asked.patch) return answer();
      const attributes = new Map(Object.entries(session?.attributes ?? {}));
      for (const [name, value] of Object.entries(asked.patch)) {
        if (value === null) attributes.delete(name);
        else attributes.set(name, value);
      }
      const sid = session?.sid ?? String(random.below(2 ** 31));
      const changed: InCookie = { sid, attributes: Object.fromEntries(attributes) };
      return answer(`${COOKIE}=${encodeURIComponent(JSON.stringify(changed))}; Path=/; HttpOnly; Secure`);
    },

    async arrived(kept) {
      const session = inKept(kept);
      if (session) latest.set(session.sid, session);
    },

    async identify(kept) {
      const session = inKept(kept);
      return session && { sid: session.sid, generation: 0, version: 1 };
    },

    async truth(sid): Promise<Truth> {
      const session = latest.get(sid);
      return session ? { kind: "live", attributes: session.attributes } : { kind: "none" };
    },

    close: async () => {},
  };
}

function inKept(kept: Kept): InCookie | undefined {
  return read(kept.get(COOKIE));
}

function read(text: string | undefined): InCookie | undefined {
  return text ? (JSON.parse(decodeURIComponent(text)) as InCookie) : undefined;
}

function answer(setCookie?: string): Response {
  return new Response(null, { status: 204, headers: setCookie === undefined ? {} : { "Set-Cookie": setCookie } });
}
