/** Each text that differs from a text in one character: another one of a few, none, or one more. */
export function changedCharacters(text: string): string[] {
  return Array.from(text).flatMap((character, at) => {
    const others = ["A", "B", "_", "/", ".", "*", "~", "="].filter((other) => other !== character);
    const [before, after] = [text.slice(0, at), text.slice(at + 1)];
    return [...others.map((other) => before + other + after), before + after, `${before}${character}x${after}`];
  });
}
