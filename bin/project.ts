import { join } from "node:path";

/** Under node_modules the command is JavaScript, in `dist/bin/`. */
const isInstalled = import.meta.filename.endsWith(".js");
const packageRoot = join(import.meta.dirname, isInstalled ? "../.." : "..");
const root = isInstalled ? process.cwd() : packageRoot;

/** A path in the package that the command belongs to. */
export function inPackage(...parts: string[]): string {
  return join(packageRoot, ...parts);
}

/** How to call the command in the project's folder. */
export const calledAs = isInstalled ? "npx moor" : "npm run moor --";

/** The module from which a project's `moor.config.ts` imports `defineConfig`. */
export const configModule = isInstalled ? "moor/config" : "./src/config/define.ts";

/**
 * A path in the project's folder. For an installed command this is the folder in which it is called. Otherwise it is the folder
 * of the source, wherever the command is called.
 */
export function inProject(...parts: string[]): string {
  return join(root, ...parts);
}

/** A path in the folder that keeps the data of local Workers. */
export function inLocalFolder(...parts: string[]): string {
  return inProject(".wrangler", "moor", ...parts);
}
