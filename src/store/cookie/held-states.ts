import { END_PART, type SessionCookie, type SessionCookies } from "../../carriers/carrier.ts";
import { randomId } from "../../lib/base64url.ts";
import { join, NO_HORIZON, newestStamp, type Operation, type State, split, written } from "../../session/states.ts";
import { fits, type SealedStates } from "./sealed-states.ts";

/** What a browser holds of one session. `states`: in how many cookies the request carried it. */
export type Held =
  | { readonly kind: "none" }
  | { readonly kind: "state"; readonly state: State; readonly states: number }
  | { readonly kind: "ended"; readonly at: number }
  /** Its cookies were sealed by a key that this deploy does not have. */
  | { readonly kind: "unknown-key" };

/** The cookies of one session in one request, and those that its response gives. */
export interface HeldStates {
  /** What the browser holds, or is about to hold by this response. */
  read(): Promise<Held>;
  /** Replaces the states that the request carried: with a state that joins them, and an operation if there is one. */
  write(carried: State, own: Operation | undefined, expiresAt: number): Promise<void>;
  /** Replaces the states and the token with a tombstone, which the browser keeps until then, in milliseconds since 1970. */
  end(at: number, keepUntil: number): Promise<void>;
  /** The `Set-Cookie` headers of the response. */
  readonly cookies: readonly string[];
}

/** Cookies above this number are left to the next request, so that no browser makes a request expensive. */
const MOST_OPENED = 64;

/** The cookies of the session `id` in a request. */
export function createHeldStates(id: string, cookies: SessionCookies, sealed: SealedStates): HeldStates {
  const own = cookies.of(id);
  const tombstone = own.find(({ part }) => part === END_PART);
  const carried = own.filter(({ part }) => part !== END_PART).slice(0, MOST_OPENED);
  const place = randomId().slice(0, 6);
  let reading: Promise<Held> | undefined;
  let opened: readonly SessionCookie[] = [];
  let newestCarried = NO_HORIZON;
  let set: readonly string[] = [];

  async function read(): Promise<Held> {
    const end = tombstone && (await sealed.open(id, tombstone.value));
    if (end?.kind === "end") return { kind: "ended", at: end.at };
    const all = await Promise.all(
      carried.map(async (cookie) => ({ cookie, content: await sealed.open(id, cookie.value) })),
    );
    const states = all.flatMap(({ cookie, content }) =>
      content.kind === "state" ? [{ cookie, state: content.state }] : [],
    );
    // A cookie that does not open is left alone: another deploy may open it.
    opened = states.map(({ cookie }) => cookie);
    const [first, ...others] = states.map(({ state }) => state);
    if (first) {
      const state = join([first, ...others]);
      newestCarried = newestStamp(state);
      return { kind: "state", state, states: states.length };
    }
    return { kind: all.some(({ content }) => content.kind === "unknown-key") ? "unknown-key" : "none" };
  }

  return {
    read: () => {
      reading ??= read();
      return reading;
    },

    async write(before, operation, expiresAt) {
      const whole = written(before, operation, newestCarried);
      const parts = fits(whole) ? [whole] : split(before, operation, fits);
      const texts = await Promise.all(parts.map((state) => sealed.seal(id, { kind: "state", state })));
      set = [
        ...texts.map((text, index) => cookies.write(id, `${place}${index === 0 ? "" : index}`, text, expiresAt)),
        ...opened.map(({ part }) => cookies.forget(id, part)),
      ];
      const [first, ...others] = parts;
      reading = Promise.resolve({ kind: "state", state: join([first as State, ...others]), states: opened.length });
    },

    async end(at, keepUntil) {
      const text = await sealed.seal(id, { kind: "end", at });
      set = [
        cookies.keep(id, END_PART, text, keepUntil),
        cookies.forget(id),
        ...opened.map(({ part }) => cookies.forget(id, part)),
      ];
      reading = Promise.resolve({ kind: "ended", at });
    },

    get cookies() {
      return set;
    },
  };
}

/** What makes a browser forget a session that is older than its own. The tombstone stays, because a response may be under way. */
export function forgottenOf(id: string, cookies: SessionCookies): string[] {
  const parts = cookies.of(id).filter(({ part }) => part !== END_PART);
  return [cookies.forget(id), ...parts.map(({ part }) => cookies.forget(id, part))];
}
