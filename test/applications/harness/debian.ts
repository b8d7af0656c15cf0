import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** The version of the program in a Debian package, without the parts that Debian adds: "6.1.9". */
export async function versionOf(debianPackage: string): Promise<string> {
  const { stdout } = await promisify(execFile)("dpkg-query", ["--status", debianPackage]);
  const version = /^Version: (?:\d+:)?([^-+~\n]+)/m.exec(stdout)?.[1];
  if (version === undefined) throw new Error(`dpkg-query tells no version of ${debianPackage}:\n${stdout}`);
  return version;
}
