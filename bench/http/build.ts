import { join } from "node:path";
import { buildMoor, buildScript, PLATFORM } from "../../test/support/node/build-worker.ts";
import { leftOutWith } from "../size/size.ts";
import type { Built } from "./contestants.ts";

/** Builds the Workers of all contestants. Moor is built as `moor deploy` does it: no contestant's configuration uses the parts that are left out. */
export async function build(folder: string): Promise<Built> {
  const worker = (name: string) => buildScript(join("bench", "http", "workers", `${name}.ts`), folder);
  const [moor, platform, passThrough, rules, sessionRules, objectCall, objectBackup] = await Promise.all([
    buildMoor(folder, leftOutWith()),
    buildScript(PLATFORM, folder),
    worker("pass-through"),
    worker("rules"),
    worker("session-rules"),
    worker("object-call"),
    worker("object-backup"),
  ]);
  return { moor, platform, passThrough, rules, sessionRules, objectCall, objectBackup };
}
