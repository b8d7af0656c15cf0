import type { Directive } from "./directives.ts";

/** The directives of a name in the innermost block that has any. `blocks`: the innermost block last. */
export function inherited(blocks: readonly Directive[], name: string): readonly Directive[] {
  for (const block of blocks.toReversed()) {
    const own = ownOf(block, name);
    if (own.length > 0) return own;
  }
  return [];
}

/** The directives of a name that stand in a block itself. */
export function ownOf(block: Directive | undefined, name: string): readonly Directive[] {
  return block?.block?.filter((directive) => directive.name === name) ?? [];
}

/** The first argument of a directive that stands at most once in a block. */
export function singleValue(
  blocks: readonly Directive[],
  name: string,
): { value: string; directive: Directive } | undefined {
  const directive = inherited(blocks, name).at(-1);
  const value = directive?.args[0];
  return directive && value !== undefined ? { value, directive } : undefined;
}
