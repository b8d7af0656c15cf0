import type { AuthorityConfig, StoresConfig } from "../../src/config/types.ts";

/** The `type` of another authority than Durable Objects. */
export type StoreType = Exclude<AuthorityConfig["type"], "object">;

/** The parts of a new project that depend on the store of its sessions. */
export interface StoreSetup {
  /** `stores` of a new project, and of `moor dev`. Default: the `type` of the authority alone, and `replicate` of the configuration. */
  readonly stores?: StoresConfig;
  /** Files beside those that every project has, by name. */
  readonly files: Readonly<Record<string, string>>;
  /** Lines at the end of `wrangler.toml`. */
  readonly settings: string;
  /** Commands and what each does, for the text of `moor init`. */
  readonly steps: readonly (readonly [command: string, purpose: string])[];
  /** Asks a store for its settings. Absent: it has none that an operator could set. */
  readonly audit?: StoreAudit;
  /** The variables that lead to the store, for `moor serve`. Absent: several processes outside Cloudflare cannot share it. */
  readonly served?: (authority: AuthorityConfig) => readonly ServedVariable[];
  /** Runs the store on this machine, for `moor dev`. `"always"`: `moor dev` runs it in any case. Absent: it cannot run it. */
  readonly local?: LocalSetup | "always";
}

/** A variable that leads to a store. */
export interface ServedVariable {
  readonly name: string;
  /** Its form, as a mistake says it. */
  readonly accepted: string;
  /** The hosts that Moor reaches by its value; `undefined`: the value has another form. */
  hostsOf(value: string): readonly string[] | undefined;
}

/** How a store is run on this machine. */
export interface LocalSetup {
  /**
   * @param folder keeps its data, if it can. `undefined`: the data ends with the store.
   * @throws CommandError of code `start`.
   */
  start(folder: string | undefined): Promise<LocalStore>;
}

/** A store that runs on this machine. */
export interface LocalStore {
  /** The bindings of the Worker that lead to it. */
  readonly variables: Readonly<Record<string, string>>;
  /** Where it is, without a secret, for a line on stdout. */
  readonly address: string;
  stop(): Promise<void>;
}

/** How a store is asked for the settings on which the promises of Moor depend. */
export interface StoreAudit {
  /** The variables of the environment that lead to the store. */
  variables(authority: AuthorityConfig): readonly string[];
  /**
   * What the settings of the store give up, a sentence each. No sentence has an address or a secret.
   *
   * @throws Error whose message may be shown, if the store cannot be asked.
   */
  ask(
    values: Readonly<Record<string, string>>,
    authority: AuthorityConfig,
    foundings?: Foundings | undefined,
  ): Promise<readonly string[]>;
}

/** How many sessions strangers may found, and for how long each is kept at least. */
export interface Foundings {
  /** As `SITE_FOUNDING_LIMIT` says, at one location of Cloudflare. */
  readonly perMinute: number;
  readonly hours: number;
}

/** A sentence about the clock of a store that is more than a second apart from this machine's. */
export function clockSentence(storeNow: number, now: number): string[] {
  const apartSeconds = Math.round((storeNow - now) / 1_000);
  if (Math.abs(apartSeconds) <= 1) return [];
  const way = apartSeconds > 0 ? "ahead of" : "behind";
  return [
    `its clock is ${Math.abs(apartSeconds)} s ${way} this machine's: nothing fails because of it, but one of them is wrong`,
  ];
}
