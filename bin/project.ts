import { join } from "node:path";

/** Under node_modules the command is JavaScript, in `dist/bin/`. */
const isInstalled = import.meta.filename.endsWith(".js");
const packageRoot = join(import.meta.dirname, isInstalled ? "../.." : "..");
const root = isInstalled ? process.cwd() : packageRoot;

/** A path in the package that the command belongs to. */
export function inPackage(...parts: string[]): string {
  return join(packageRoot, ...parts);
}

/** How the command is called in the project's folder. */
export const calledAs = isInstalled ? "npx moor" : "npm run moor --";

/** What a project's `moor.config.ts` imports `defineConfig` from. */
export const configModule = isInstalled ? "moor/config" : "./src/config/define.ts";

/** A path in the project's folder: where an installed command is called, else its own source, wherever it is called. */
export function inProject(...parts: string[]): string {
  return join(root, ...parts);
}

/** A path in the folder where what belongs to local Workers is kept. */
export function inLocalFolder(...parts: string[]): string {
  return inProject(".wrangler", "moor", ...parts);
}
