import type { LoopMarks } from "./loops.ts";

/** The settings of `moor serve` for its Worker. */
export interface ServedSettings {
  /** The hosts that are served, each with its port if that is not 443. `*.` at the beginning stands for one or more labels. */
  readonly hosts: readonly string[];
  /** How many sessions may be founded in a minute, by all processes together. */
  readonly foundings: FoundingSettings;
  /** The marks by which the site knows a request that it has sent itself. */
  readonly loops: LoopMarks;
}

export interface FoundingSettings {
  /** By the clients of one address (IPv6: one /64). */
  readonly perAddress: number;
  /** By all clients. The count is spread over several rows, so the limit is kept to about a tenth. */
  readonly perSite: number;
}
