import fc from "fast-check";
import type { Outcome, Target } from "./target.ts";

/** Which cases are made. */
export interface CampaignOptions {
  readonly cases: number;
  readonly seed: number;
  /** Makes only this case again, as a finding has named it. */
  readonly path?: string | undefined;
  /** Called after each case. */
  readonly onProgress?: ((done: number) => void) | undefined;
}

/** A case that a target has failed at, as small as it could be made. */
export interface Finding {
  readonly given: unknown;
  /** Tells {@link CampaignOptions} how to make it again, with the seed. */
  readonly path: string;
  readonly error: Error;
}

/** The results of a campaign. */
export interface Campaign {
  readonly target: Target;
  readonly seed: number;
  readonly cases: number;
  /** How often each outcome came, the most frequent first. */
  readonly outcomes: ReadonlyMap<Outcome, number>;
  readonly finding: Finding | undefined;
}

/** Throws cases at a target, until one of them finds something. */
export async function campaign(target: Target, options: CampaignOptions): Promise<Campaign> {
  const { seed, path, onProgress } = options;
  const take = await target.start();
  const outcomes = new Map<Outcome, number>();
  let cases = 0;
  let isShrinking = false;

  const property = fc.asyncProperty(target.cases, async (given) => {
    try {
      const outcome = await take(given);
      if (isShrinking) return;
      cases++;
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      onProgress?.(cases);
    } catch (error) {
      isShrinking = true;
      throw error;
    }
  });
  const checked = await fc.check(property, {
    seed,
    numRuns: path === undefined ? options.cases : 1,
    ...(path === undefined ? {} : { path, endOnFailure: true }),
  });
  const finding = checked.counterexample && {
    given: checked.counterexample[0],
    path: checked.counterexamplePath as string,
    error: checked.errorInstance as Error,
  };
  const sorted = new Map([...outcomes].toSorted(([, one], [, other]) => other - one));
  return { target, seed, cases, outcomes: sorted, finding: finding ?? undefined };
}
