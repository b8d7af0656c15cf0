import { globSync, readFileSync } from "node:fs";

const QUICK = /^\/\*\* @quick \*\/$/m;
const ANY_RUNTIME = /^\/\*\* @any-runtime \*\/$/m;
const ANY_FALLBACK = /^\/\*\* @any-fallback \*\/$/m;
const WITHOUT_LOGIN = /^\/\*\* @without-login \*\/$/m;
const ANY_AUTHORITY = /^\/\*\* @any-authority \*\/$/m;

/** The test files of these globs that `npm test` runs. Each has the line `/** @quick *` + `/` at its top. */
export function quickFiles(globs: string[]): string[] {
  return globSync(globs).filter((file) => QUICK.test(readFileSync(file, "utf8")));
}

/** The test files that also run with each other authority. Each has the line `/** @any-authority *` + `/` at its top. */
export function filesForAnyAuthority(globs: string[]): string[] {
  return globSync(globs).filter((file) => ANY_AUTHORITY.test(readFileSync(file, "utf8")));
}

/** The test files that also run with sessions in cookies. Each has the line `/** @without-login *` + `/` at its top. */
export function filesWithoutLogin(globs: string[]): string[] {
  return globSync(globs).filter((file) => WITHOUT_LOGIN.test(readFileSync(file, "utf8")));
}

/** The test files that also run with Redis by a socket as the fallback. Each has the line `/** @any-fallback *` + `/` at its top. */
export function filesForAnyFallback(globs: string[]): string[] {
  return globSync(globs).filter((file) => ANY_FALLBACK.test(readFileSync(file, "utf8")));
}

/** The test files that also run with `moor serve`. Each has the line `/** @any-runtime *` + `/` at its top. */
export function filesForAnyRuntime(globs: string[]): string[] {
  return globSync(globs).filter((file) => ANY_RUNTIME.test(readFileSync(file, "utf8")));
}
