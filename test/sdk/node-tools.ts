import { cp, symlink } from "node:fs/promises";
import { join } from "node:path";
import { buildPackage } from "../support/node/built-package.ts";
import { TEST_MODULES } from "../support/node/test-packages.ts";
import type { DropIn } from "./conformance/drop-in.ts";

const unaware = "express-session knows no user; regenerate() sends Moor-Rotate";
const json = "express-session keeps JSON";
const merged = "a merge patch reads null as a removal (RFC 7396)";

/**
 * The drop-in for a framework of Node. All of them have the session of express-session, and so its exceptions.
 *
 * @param packages the packages of the project that the application needs; `fromTests`: of sdk/node/test-packages.
 */
export function nodeDropIn(name: string, packages: readonly string[], fromTests: readonly string[] = []): DropIn {
  return {
    name,
    async build(out) {
      const modules = join(out, "node_modules");
      await buildPackage(modules, ...packages);
      for (const each of fromTests) await symlink(join(TEST_MODULES, each), join(modules, each));
      await cp("sdk/node/conformance", out, { recursive: true });
    },
    command: (out) => ({ argv: [process.execPath, join(out, `${name.toLowerCase()}.cjs`)] }),
    without: {
      "login-principal": unaware,
      "login-not-ascii": unaware,
      "null-members": merged,
      "null-value": merged,
      "native-date": json,
      "native-bytes": json,
      "native-object": json,
      "native-replaced": json,
    },
  };
}
