/** Code of the commands that play cases drawn from a seed. */

/** The greatest seed. */
export const MOST_SEED = 0x7fff_ffff;
const PROGRESS_MS = 1_000;

/** Their flags, as `parseArgs` takes them. */
export const SEEDED_FLAGS = {
  seed: { type: "string" },
  path: { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

/** The cases to play, or the mistake in the flags. */
export type Seeded =
  | { readonly kind: "seeded"; readonly seed: number; readonly path: string | undefined }
  | { readonly kind: "mistake"; readonly message: string };

/**
 * Reads the flags that choose the cases.
 *
 * @param one whether a single part was chosen, and the flag that chooses a part. A path leads to a case of a single
 * part.
 */
export function readSeeded(
  { seed: given, path }: { readonly seed?: string | undefined; readonly path?: string | undefined },
  drawSeed: () => number,
  one: { readonly isChosen: boolean; readonly flag: string },
): Seeded {
  const seed = given === undefined ? drawSeed() % (MOST_SEED + 1) : wholeNumber(given, 0, MOST_SEED);
  if (seed === undefined) return mistake(`--seed takes a whole number from 0 to ${MOST_SEED}`);
  if (path !== undefined && !/^\d+(:\d+)*$/.test(path)) return mistake("--path takes numbers joined by colons");
  const isFound = path === undefined || (given !== undefined && one.isChosen);
  return isFound ? { kind: "seeded", seed, path } : mistake(`--path needs --seed and one ${one.flag}`);
}

/** A whole number between two bounds, both included. `undefined` if the text is not such a number. */
export function wholeNumber(text: string, min: number, max: number): number | undefined {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return value >= min && value <= max ? value : undefined;
}

/** A mistake in the flags of a command. */
export function mistake(message: string): { readonly kind: "mistake"; readonly message: string } {
  return { kind: "mistake", message };
}

/** Writes a line to standard error, about once a second. On a terminal it replaces the line before. */
export function createProgress(): (line: () => string) => void {
  let saidAt = performance.now();
  return (line) => {
    const now = performance.now();
    if (now - saidAt < PROGRESS_MS) return;
    saidAt = now;
    process.stderr.write(process.stderr.isTTY ? `\r\u001b[K${line()}` : `${line()}\n`);
  };
}
