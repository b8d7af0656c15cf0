import { registerHooks } from "node:module";
import type { moorKind } from "../moor/subject.ts";
import type { Edit, Rule } from "./rule.ts";

const ROOT = new URL("../../../", import.meta.url).href;
const PARAMETER = "without";

/**
 * Moor and its emulated platform, from a source without one rule. Their modules are loaded anew, beside the modules
 * with the rule, so both can be played. No file is written.
 *
 * @throws Error if a place that the rule names is not in the source exactly once.
 */
export async function moorWithout({ name, edits }: Rule): Promise<typeof moorKind> {
  const missing = new Set(edits);
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      const resolved = next(specifier, context);
      const isOurs = resolved.url.startsWith(ROOT) && !resolved.url.includes("/node_modules/");
      if (!isOurs || ruleIn(context.parentURL) !== name || ruleIn(resolved.url) !== null) return resolved;
      return { ...resolved, url: `${resolved.url}?${PARAMETER}=${name}` };
    },
    load(url, context, next) {
      const loaded = next(url, context);
      if (ruleIn(url) !== name) return loaded;
      const file = url.slice(ROOT.length, url.lastIndexOf("?"));
      const source = edits
        .filter((edit) => edit.file === file)
        .reduce((text, edit) => {
          missing.delete(edit);
          return edited(text, edit);
        }, String(loaded.source));
      return { ...loaded, source };
    },
  });
  try {
    const url = new URL(`../moor/subject.ts?${PARAMETER}=${name}`, import.meta.url).href;
    const loaded = (await import(url)) as { moorKind: typeof moorKind };
    for (const { file } of missing) throw new Error(`without ${name}: ${file} is not among what is played`);
    return loaded.moorKind;
  } finally {
    hooks.deregister();
  }
}

function ruleIn(url: string | undefined): string | null {
  return url?.startsWith(ROOT) ? new URL(url).searchParams.get(PARAMETER) : null;
}

function edited(text: string, { file, from, to }: Edit): string {
  const parts = text.split(from);
  if (parts.length !== 2) {
    throw new Error(
      `${file} has ${parts.length - 1} times, not once:\n${from}\nSay in test/torture/without where the rule stands now.`,
    );
  }
  return parts.join(to);
}
