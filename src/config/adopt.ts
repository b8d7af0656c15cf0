import { array, type InferOutput, optional, unknown } from "valibot";
import { type OldStoreConfig, oldStore, type ReadFormat, valuePath } from "../old-formats/settings.ts";
import { cookieDomain, id, probePath, time, token, wholeNumber } from "../settings/grammar.ts";
import { list, oneOf, shape, value, yesOrNo } from "../settings/shapes.ts";

/** An old application whose living sessions Moor adopts, so that no visitor is logged out by the move. */
export interface AdoptConfig {
  /**
   * The name of the old application, `[a-z0-9._-]{1,64}`. The ids of adopted sessions depend on it, so keep it until `until`. Without
   * `confirm` it is the framework whose sessions Moor reads by itself: `"express-session"`, `"iron-session"` or `"next-auth"`.
   */
  from: string;
  /** The names of the cookies that hold its session, at least one. Moor finds the chunks of a cookie that it reads itself (`name.0`). */
  cookies: string[];
  /** Where the old application says who a visitor is. Default: Moor reads the sessions by itself. */
  confirm?: {
    /** The id of the old application's pool. Sessions that go to this pool are not adopted: they stay the old application's. */
    pool: string;
    /** The path of its endpoint for adoptions, as in `/moor-adopt`. */
    path: string;
  };
  /** The store of express-session, if Moor reads its sessions. The other formats keep them in the cookie. */
  store?: OldStoreConfig;
  /**
   * The path of the value that names the visitor who is logged in, as in `"passport.user"` or `"sub"`, if Moor reads the session. Default:
   * an adoption logs nobody in.
   */
  principal?: string;
  /** The id of the old application's pool, if Moor reads the sessions. As `confirm.pool`. Default: no route leads to the old application. */
  pool?: string;
  /**
   * Whether this Moor only reads the old sessions, if Moor reads them by itself: for a staging beside production. A logout ends no old session,
   * and no cookie with a `Domain` is cleared. Default false. With `confirm` the old application says so, by its `MOOR_READER_ISSUERS`.
   */
  readOnly?: boolean;
  /** The `Domain` of the old cookies, without which no browser forgets them. Default: they have none. */
  domain?: string;
  /**
   * When adoptions end, a time in UTC. The tombstones of adopted sessions are kept an hour longer. Do not put it off: a session that ended
   * before could be adopted again between the two times.
   */
  until: string;
  /**
   * `"end"`: a logout at the old application also ends the session at Moor. Moor asks about the old session while its visitor uses the new
   * application, at most every five seconds for an isolate. Only with `confirm`. Default: a logout there does not end a session that was
   * adopted before.
   */
  follow?: "end";
  /** How long the old cookie still opens an adopted session after Moor's token has come back once. Default 30; 0 to 300. */
  graceSeconds?: number;
}

interface Resolved {
  readonly from: string;
  readonly cookies: readonly string[];
  /** The old application's pool. Absent: no route leads there. */
  readonly pool?: string | undefined;
  readonly domain?: string | undefined;
  readonly until: string;
  readonly graceSeconds: number;
}

/** An old application that says who a visitor is. */
export interface AskedAdoption extends Resolved {
  readonly confirm: Readonly<NonNullable<AdoptConfig["confirm"]>>;
  readonly follow?: "end" | undefined;
}

/** An old application whose sessions Moor reads by itself. */
export interface ReadAdoption extends Resolved {
  readonly confirm?: undefined;
  readonly follow?: undefined;
  readonly from: ReadFormat;
  readonly store?: Readonly<OldStoreConfig> | undefined;
  readonly readOnly?: boolean | undefined;
  readonly principal?: string | undefined;
}

/** An old application, with every default filled in. */
export type ResolvedAdoption = AskedAdoption | ReadAdoption;

const entriesOf = () =>
  array(
    shape({
      from: value(id),
      cookies: list(value(token), "a list of at least one name of a cookie"),
      confirm: optional(shape({ pool: value(id), path: value(probePath) })),
      store: optional(oldStore),
      principal: optional(value(valuePath)),
      pool: optional(value(id)),
      readOnly: optional(yesOrNo),
      domain: optional(value(cookieDomain)),
      until: value(time),
      follow: optional(oneOf(["end"])),
      graceSeconds: optional(value(wholeNumber(0, 300))),
    }),
    "a list of old applications, { from, cookies, confirm, until }",
  );

/** The schema of the old applications. A build without adoption refuses any when it starts, so it needs no schema of them. */
export const adopt = optional(
  typeof MOOR_ADOPTION === "undefined" || MOOR_ADOPTION
    ? entriesOf()
    : (array(unknown()) as unknown as ReturnType<typeof entriesOf>),
);

/** Fills in the defaults of the old applications. The checks hold which settings go together. */
export function resolveAdoptions(given: InferOutput<typeof adopt>): readonly ResolvedAdoption[] {
  return (given ?? []).map((entry) => ({ ...entry, graceSeconds: entry.graceSeconds ?? 30 }) as ResolvedAdoption);
}

/** The pool of an old application; `undefined`: no route leads to it. */
export function oldPoolOf({ confirm, pool }: ResolvedAdoption): string | undefined {
  return confirm?.pool ?? pool;
}
