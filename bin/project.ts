import { join } from "node:path";

const root = join(import.meta.dirname, "..");

/** A path in the project's folder, wherever the command was called. */
export function inProject(...parts: string[]): string {
  return join(root, ...parts);
}
