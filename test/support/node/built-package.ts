import { execFile } from "node:child_process";
import { cp, mkdir, symlink } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

const exec = promisify(execFile);

/**
 * Puts `moor` into a folder `node_modules`, as it is published. Puts other packages beside it, as this project
 * has them.
 *
 * @param modules the folder, which need not exist.
 */
export async function buildPackage(modules: string, ...packages: string[]): Promise<void> {
  const moor = join(modules, "moor");
  await mkdir(moor, { recursive: true });
  const tsc = join("node_modules", "typescript", "bin", "tsc");
  for (const part of ["src", "bin"])
    await exec(process.execPath, [tsc, "-p", `${part}/tsconfig.build.json`, "--outDir", join(moor, "dist")]);
  await cp("package.json", join(moor, "package.json"));
  for (const name of packages) await symlink(resolve("node_modules", name), join(modules, name));
}
