import { parseArgs } from "node:util";
import { describe } from "../src/settings/mistakes.ts";
import { CommandError } from "./command.ts";

type Flags = Record<string, { type: "string" | "boolean"; multiple?: boolean }>;

/**
 * Reads a command's flags strictly. An unknown flag, a missing or superfluous value, a flag given twice, and any other argument
 * are refused. The refusal is one line that says which flags and values are accepted.
 *
 * @throws CommandError of code `usage`
 */
export function readFlags<const T extends Flags>(args: readonly string[], options: T) {
  const accepted = [...Object.keys(options), "help"].map((name) => `--${name}`).join(", ");
  const { tokens } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true });
  const seen = new Set<string>();
  for (const token of tokens) {
    if (token.kind === "positional") throw usage(`unexpected argument ${describe(token.value)}, accepted: ${accepted}`);
    if (token.kind === "option-terminator") throw usage(`unexpected argument "--", accepted: ${accepted}`);
    const flag = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
    if (!flag) throw usage(`unknown flag ${describe(token.rawName)}, accepted: ${accepted}`);
    const hasValue = token.value !== undefined && (token.inlineValue || !token.value.startsWith("-"));
    if (flag.type === "string" && !hasValue) throw usage(`${token.rawName} needs a value`);
    if (flag.type === "boolean" && hasValue) throw usage(`${token.rawName} takes no value`);
    if (!flag.multiple && seen.has(token.name)) throw usage(`${token.rawName} is given twice`);
    seen.add(token.name);
  }
  return parseArgs({ args: [...args], options, strict: true }).values;
}

function usage(message: string): CommandError {
  return new CommandError("usage", message);
}
