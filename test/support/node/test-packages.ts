import { createRequire } from "node:module";
import { resolve } from "node:path";
import { describeWithInstalled } from "./installed.ts";

/** Frameworks for Node that only tests of drop-ins and applications run. Their versions are in its `package-lock.json`. */
const FOLDER = "sdk/node/test-packages";

/** The `node_modules` of those frameworks. */
export const TEST_MODULES = resolve(FOLDER, "node_modules");

/** Loads one of those frameworks into the process of a test. */
export const requireTestPackage = createRequire(resolve(FOLDER, "package.json"));

/** Defines tests that need those frameworks. */
export function describeWithTestPackages(define: () => void): void {
  // npm writes this file when it has installed everything.
  describeWithInstalled(`${TEST_MODULES}/.package-lock.json`, `npm ci --prefix ${FOLDER}`, define);
}
