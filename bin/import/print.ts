import type { MoorConfig } from "../../src/config/types.ts";
import { configModule } from "../project.ts";

const LINE = 120;

/** The text of a `moor.config.ts`. `module` is the module that exports `defineConfig`. Default: the module of the project. */
export function printConfig(config: MoorConfig, module = configModule): string {
  return `import { defineConfig } from ${JSON.stringify(module)};\n\nexport default defineConfig(${print(config, "")});\n`;
}

/** A value as JavaScript, on one line if it fits. */
function print(value: unknown, indent: string): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const isList = Array.isArray(value);
  const parts = (inner: string) =>
    isList
      ? value.map((item) => print(item, inner))
      : Object.entries(value).map(([key, item]) => `${key}: ${print(item, inner)}`);
  const flat = parts("").join(", ");
  const line = isList ? `[${flat}]` : `{ ${flat} }`;
  if (
    !line.includes("\n") &&
    indent.length + line.length < LINE - 20 &&
    !(isList && value.length > 1 && typeof value[0] === "object")
  )
    return line;
  const inner = `${indent}  `;
  const lines = parts(inner).map((part) => `${inner}${part},\n`);
  return `${isList ? "[" : "{"}\n${lines.join("")}${indent}${isList ? "]" : "}"}`;
}
