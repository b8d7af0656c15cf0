import { readFileSync } from "node:fs";

/** The configuration that docs/guide/serve.md shows for a file. */
export function shownConfiguration(file: "nginx.conf" | "haproxy.cfg"): string {
  const page = readFileSync("docs/guide/serve.md", "utf8");
  const found = new RegExp(`^\`\`\`\\w+\\n# ${file.replace(".", "\\.")}\\n([\\s\\S]*?)^\`\`\`$`, "m").exec(page)?.[1];
  if (found === undefined) throw new Error(`docs/guide/serve.md has no block of code that begins with "# ${file}"`);
  return found;
}

/** A text with other words in place of some. Each must be there. */
export function replaced(text: string, words: Readonly<Record<string, string>>): string {
  return Object.entries(words).reduce((left, [word, other]) => {
    if (!left.includes(word)) throw new Error(`the configuration in docs/guide/serve.md has no ${word}`);
    return left.replaceAll(word, other);
  }, text);
}
