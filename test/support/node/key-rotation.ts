import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import type { Keys } from "../../../bin/keys.ts";
import { moor } from "../../bin/project.ts";
import type { RunningMoor } from "./workerd.ts";

/** An operator who changes the keys of a Moor by `moor keys`, and deploys the printed keys. */
export interface KeyRotation {
  /** The keys of the last deploy. */
  readonly kept: Keys;
  /**
   * Runs `moor keys` with these arguments on the kept keys, and deploys the result: a Moor on the same storage, with an
   * empty memory.
   */
  rotate(...args: string[]): Promise<void>;
  stop(): Promise<void>;
}

/** Starts from the keys that Moor runs with. */
export async function startKeyRotation(running: RunningMoor): Promise<KeyRotation> {
  const folder = await mkdtemp(join(tmpdir(), "moor-rotation-"));
  const file = join(folder, "keys.json");
  let kept: Keys = {
    MOOR_TOKEN_KEYS: running.keys.token,
    MOOR_HANDOFF_KEYS: running.keys.handoff,
    MOOR_STORE_KEYS: running.keys.store,
  };
  return {
    get kept() {
      return kept;
    },
    async rotate(...args) {
      await writeFile(file, JSON.stringify(kept));
      const { code, stdout, stderr } = await moor("keys", ...args, "--from", file, "--json");
      expect({ code, stderr }).toMatchObject({ code: 0 });
      kept = JSON.parse(stdout) as Keys;
      const { MOOR_TOKEN_KEYS: token, MOOR_HANDOFF_KEYS: handoff, MOOR_STORE_KEYS: store } = kept;
      await running.deployKeys({ ...running.keys, token, handoff, store });
    },
    stop: () => rm(folder, { recursive: true }),
  };
}
