import { globSync, readFileSync } from "node:fs";

const TAG = /^\/\*\* @quick \*\/$/m;

/** The test files of these globs that `npm test` runs. Each has the line `/** @quick *` + `/` at its top. */
export function quickFiles(globs: string[]): string[] {
  return globSync(globs).filter((file) => TAG.test(readFileSync(file, "utf8")));
}
