import type { ResolvedLogin } from "../config/resolved.ts";
import { BoundedMap } from "../lib/bounded-map.ts";
import { describeFault, type Log } from "../log.ts";
import { SHOWN_CHARACTERS } from "../observe/request-facts.ts";
import type { Ref } from "../session/change.ts";
import { MEMORY_AGE_MS } from "../session/freshness.ts";
import { isRenewalDue } from "../session/login.ts";
import type { View } from "../session/record.ts";
import type { Authority, Lookup, Memory, Renewals } from "../store/contracts.ts";
import type { OpenedSession } from "../store/open-session.ts";

/** Has a login renewed that is due, wherever Moor is about to tell somebody who is logged in. */
export interface Renewing {
  /** The session of a request, with its login renewed if that was due. */
  opened(opened: OpenedSession): OpenedSession | Promise<OpenedSession>;
  /** The same authority, whose reads have the login renewed. */
  reads(stores: { readonly authority: Authority }): { readonly authority: Authority };
}

/** The parts of a {@link Renewing}. */
export interface RenewingParts {
  readonly logins: readonly Pick<ResolvedLogin, "id" | "refreshSeconds">[];
  readonly renewals: Renewals;
  /** Of the isolate. */
  readonly memory: Pick<Memory, "keep">;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly log: Log;
}

/** An isolate remembers for this many sessions that the provider could not confirm their login. */
const REMEMBERED = 8_192;

/** A session whose login is not due costs no call. While the object of a session is away, its login is shown as it was. */
export function createRenewing({ logins, renewals, memory, clock, log }: RenewingParts): Renewing {
  /** When the object last did not renew the login. Milliseconds since 1970. */
  const unconfirmed = new BoundedMap<string, number>(REMEMBERED);
  const isOld = (view: View | undefined) => view?.login !== undefined && isRenewalDue(view.login, logins, clock());

  /** Whether the object is to be asked. While the provider is away, its answer holds as long as a copy in memory does. */
  function isDue(view: View | undefined): boolean {
    const askedAt = view && unconfirmed.get(view.id);
    return isOld(view) && !(askedAt !== undefined && clock() - askedAt < MEMORY_AGE_MS);
  }

  async function renew(ref: Ref): Promise<Lookup> {
    const found = await renewals.renew(ref);
    if (found.kind === "unavailable") {
      const session = ref.id.slice(0, SHOWN_CHARACTERS);
      log({ event: "login_unavailable", session, reason: `not renewed: ${describeFault(found.cause)}` });
    }
    if (found.kind === "unavailable" || isOld(shownIn(found))) unconfirmed.set(ref.id, clock());
    return found;
  }

  async function renewed(opened: OpenedSession): Promise<OpenedSession> {
    const { session } = opened;
    const found = await renew(opened.ref);
    switch (found.kind) {
      case "hit": {
        const { copy, setBack = false } = found;
        if (copy.mayBeKept) memory.keep(copy);
        return { ...opened, session: { ...session, view: copy, stale: setBack, journaled: false } };
      }
      case "superseded":
        return { ...opened, session: { ...session, view: found.before } };
      // The request was answered from a copy, and its session has ended meanwhile.
      case "ended":
        return { ...opened, session: { ...session, view: undefined } };
      default:
        return opened;
    }
  }

  return {
    opened: (opened) => (isDue(opened.session.view) ? renewed(opened) : opened),

    reads: ({ authority }) => ({
      authority: {
        ...authority,
        async read(ref, now): Promise<Lookup> {
          const found = await authority.read(ref, now);
          if (!isDue(shownIn(found))) return found;
          const renewed = await renew(ref);
          return renewed.kind === "unavailable" ? found : renewed;
        },
      },
    }),
  };
}

function shownIn(found: Lookup): View | undefined {
  if (found.kind === "hit") return found.copy;
  return found.kind === "superseded" ? found.before : undefined;
}
