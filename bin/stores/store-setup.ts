import type { AuthorityConfig } from "../../src/config/types.ts";

/** The parts of a new project that depend on the store of its sessions. */
export interface StoreSetup {
  readonly authority: AuthorityConfig;
  /** Files beside those that every project has, by name. */
  readonly files: Readonly<Record<string, string>>;
  /** Lines at the end of `wrangler.toml`. */
  readonly settings: string;
  /** Commands and what each does, for the text of `moor init`. */
  readonly steps: readonly (readonly [command: string, purpose: string])[];
}
