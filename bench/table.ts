/** A Markdown table. */
export function table(head: readonly string[], rows: readonly (readonly (string | undefined)[])[]): string {
  const lines = [head, head.map(() => "---"), ...rows];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
