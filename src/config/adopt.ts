import { array, type InferOutput, optional, unknown } from "valibot";
import { id, probePath, time, token, wholeNumber } from "../settings/grammar.ts";
import { list, oneOf, shape, value } from "../settings/shapes.ts";

/** An old application whose living sessions Moor adopts, so that no visitor is logged out by the move. */
export interface AdoptConfig {
  /** The name of the old application, `[a-z0-9._-]{1,64}`. The ids of adopted sessions depend on it, so keep it until `until`. */
  from: string;
  /** The names of the cookies that hold its session, at least one. */
  cookies: string[];
  /** Where the old application says who a visitor is. */
  confirm: {
    /** The id of the old application's pool. Sessions that go to this pool are not adopted: they stay the old application's. */
    pool: string;
    /** The path of its endpoint for adoptions, as in `/moor-adopt`. */
    path: string;
  };
  /**
   * When adoptions end, a time in UTC. The tombstones of adopted sessions are kept an hour longer. Do not put it off: a session that ended
   * before could be adopted again between the two times.
   */
  until: string;
  /**
   * `"end"`: a logout at the old application also ends the session at Moor. Moor asks about the old session while its visitor uses the new
   * application, at most every five seconds for an isolate. Default: a logout there does not end a session that was adopted before.
   */
  follow?: "end";
  /** How long the old cookie still opens an adopted session after Moor's token has come back once. Default 30; 0 to 300. */
  graceSeconds?: number;
}

/** An old application, with every default filled in. */
export type ResolvedAdoption = Readonly<Required<Omit<AdoptConfig, "cookies" | "follow">>> & {
  readonly cookies: readonly string[];
  readonly follow?: "end" | undefined;
};

const entriesOf = () =>
  array(
    shape({
      from: value(id),
      cookies: list(value(token), "a list of at least one name of a cookie"),
      confirm: shape({ pool: value(id), path: value(probePath) }),
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

/** Fills in the defaults of the old applications. */
export function resolveAdoptions(given: InferOutput<typeof adopt>): readonly ResolvedAdoption[] {
  return (given ?? []).map((entry) => ({ ...entry, graceSeconds: entry.graceSeconds ?? 30 }));
}
