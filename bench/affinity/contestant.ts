/** A way to choose an origin for a key. */
export interface Contestant {
  readonly name: string;
  /** Makes it ready for origins of equal weight. */
  build(ids: readonly string[]): Chooser;
}

/** A contestant that is ready; answers are ids of origins. */
export interface Chooser {
  pick(key: string): string | undefined;
  /** The best three, best first. Left out where a contestant has no such list. */
  firstThree?(key: string): readonly string[];
}

/** Ids of origins, `origin-0` and so on. */
export function originIds(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `origin-${index}`);
}

/** Keys as session ids are: 22 characters. */
export function sessionKeys(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `session-${index}`.padEnd(22, "x"));
}
