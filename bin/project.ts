import { join } from "node:path";

const root = join(import.meta.dirname, "..");

/** A path in the project's folder, wherever the command was called. */
export function inProject(...parts: string[]): string {
  return join(root, ...parts);
}

/** A path in the folder where what belongs to local Workers is kept. */
export function inLocalFolder(...parts: string[]): string {
  return inProject(".wrangler", "moor", ...parts);
}
