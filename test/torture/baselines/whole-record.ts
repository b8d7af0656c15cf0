import { createDistantKv } from "../../../emulation/distant-kv.ts";
import { createFaults, type KvFault } from "../../../emulation/faults.ts";
import type { Truth, View } from "../history.ts";
import { type Asked, type Stage, type Subject, type SubjectKind, VISIT_HEADER } from "../subject.ts";

/** A session as most adapters keep it. */
interface WholeRecord {
  readonly principal?: string;
  readonly attributes: Readonly<Record<string, string>>;
}

const COOKIE = "sid";
/** A location at which no test has read, so its cache is empty. */
const OBSERVER = "observer";
const MOST_DELAY_MS = 15;

/**
 * A session in Workers KV as most adapters keep it: the record is read whole, changed, and put back whole. The last
 * writer wins. The client is answered once the record has been put.
 */
export const wholeRecordOnKv: SubjectKind = { create: async (stage) => createSubject(stage) };

function createSubject({ clock, random, origin }: Stage): Subject {
  const faults = createFaults<KvFault>();
  const delayMs = () => 1 + random.below(MOST_DELAY_MS);
  const namespace = createDistantKv({ clock, random: random.next, delayMs, faultOf: faults.faultOf });

  return {
    faults: { kv: faults },

    async handle(request, { location }) {
      const kv = namespace.at(location);
      const sid = sidIn(request);
      const record = sid === undefined ? undefined : parse(await kv.get(sid));
      const asked = await origin(Number(request.headers.get(VISIT_HEADER)), viewOf(sid, record));
      if (asked.end) {
        if (sid !== undefined) await kv.delete(sid);
        return answer(`${COOKIE}=; Max-Age=0`);
      }
      const changed = change(record ?? { attributes: {} }, asked);
      if (!changed) return answer();
      const kept = record && sid !== undefined ? sid : crypto.randomUUID();
      await kv.put(kept, JSON.stringify(changed));
      return kept === sid ? answer() : answer(`${COOKIE}=${kept}; Path=/; HttpOnly; Secure; SameSite=Lax`);
    },

    async identify(cookies) {
      const sid = cookies.get(COOKIE);
      return sid === undefined ? undefined : { sid, generation: 0, version: 1 };
    },

    async truth(sid): Promise<Truth> {
      const record = parse(await namespace.at(OBSERVER).get(sid));
      return record ? { kind: "live", ...record } : { kind: "none" };
    },

    close: async () => {},
  };
}

function sidIn(request: Request): string | undefined {
  return /(?:^|; )sid=([^;]+)/.exec(request.headers.get("Cookie") ?? "")?.[1];
}

function parse(text: string | null): WholeRecord | undefined {
  return text === null ? undefined : (JSON.parse(text) as WholeRecord);
}

function viewOf(sid: string | undefined, record: WholeRecord | undefined): View {
  return record && sid !== undefined ? { sid, ...record } : { attributes: {} };
}

function change(record: WholeRecord, { patch, principal }: Asked): WholeRecord | undefined {
  if (!patch && principal === undefined) return undefined;
  const attributes = new Map(Object.entries(record.attributes));
  for (const [name, value] of Object.entries(patch ?? {})) {
    if (value === null) attributes.delete(name);
    else attributes.set(name, value);
  }
  return { ...record, ...(principal === undefined ? {} : { principal }), attributes: Object.fromEntries(attributes) };
}

function answer(setCookie?: string): Response {
  return new Response(null, { status: 204, headers: setCookie === undefined ? {} : { "Set-Cookie": setCookie } });
}
