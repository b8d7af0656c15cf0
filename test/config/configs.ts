import { readConfig } from "../../src/config/read.ts";
import type { ResolvedConfig } from "../../src/config/resolved.ts";
import { formatMistakes } from "../../src/settings/mistakes.ts";

/** A valid pool, with the changes of a test. */
export function pool(changes: object = {}) {
  return { id: "shop", origins: [origin()], ...changes };
}

/** A valid origin, with the changes of a test. */
export function origin(changes: object = {}) {
  return { id: "a", url: "https://a.example.com", ...changes };
}

/** The mistakes of a configuration as lines. A valid configuration has no line. */
export function mistakes(input: unknown, options: { deploy?: boolean } = {}): string[] {
  const read = readConfig(input, options);
  return read.kind === "ok" ? [] : formatMistakes(read.mistakes).split("\n");
}

/** The resolved configuration; throws with the mistakes if there are any. */
export function resolved(input: unknown): ResolvedConfig {
  const read = readConfig(input);
  if (read.kind === "invalid") throw new Error(formatMistakes(read.mistakes));
  return read.config;
}
