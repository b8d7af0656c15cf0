import type { Place, Remark } from "./remark.ts";

/**
 * The fate of some settings of another balancer.
 *
 * - `carried`: the configuration of Moor has it, or a note of its own tells what is missing.
 * - `noted`: it is left out, and a note says so.
 * - `platform`: it has no counterpart because Cloudflare, the runtime or Moor itself does it. One note lists all of these.
 */
export interface Fate {
  /** Names of settings. A `*` at the end stands for any ending. */
  readonly names: readonly string[];
  readonly kind: "carried" | "noted" | "platform";
  /** What becomes of it, as the note and the reference say it. */
  readonly text: string;
}

/** A setting that an import has met. */
export interface Setting extends Place {
  readonly name: string;
  /** As a note shows it. Default: the name. */
  readonly shown?: string;
}

/** The fate of a setting; `undefined`: the setting is not known. */
export function fateOf(name: string, fates: readonly Fate[]): Fate | undefined {
  const isNamed = (known: string) => (known.endsWith("*") ? name.startsWith(known.slice(0, -1)) : known === name);
  return fates.find(({ names }) => names.includes(name)) ?? fates.find(({ names }) => names.some(isNamed));
}

/** Remarks on every setting that is not carried over. */
export function remarksOn(settings: readonly Setting[], fates: readonly Fate[]): Remark[] {
  const remarks: Remark[] = [];
  const platform = new Map<string, { first: Setting; names: Set<string> }>();
  for (const setting of settings) {
    const { name, shown = name, file, line } = setting;
    const fate = fateOf(name, fates);
    if (!fate) remarks.push({ file, line, text: `${shown} is not known here, and not carried over` });
    else if (fate.kind === "noted")
      remarks.push({ file, line, text: `${shown} is not carried over: ${plainText(fate.text)}` });
    else if (fate.kind === "platform") {
      const seen = platform.get(file) ?? { first: setting, names: new Set<string>() };
      seen.names.add(name);
      platform.set(file, seen);
    }
  }
  for (const { first, names } of platform.values()) {
    const text = `needs no counterpart here, because Cloudflare or Moor does it: ${[...names].sort().join(", ")}`;
    remarks.push({ file: first.file, line: first.line, text });
  }
  return remarks;
}

/** Markdown without the signs of code and links. */
function plainText(markdown: string): string {
  return markdown.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").replaceAll("`", "");
}
