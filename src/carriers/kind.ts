import type { GenericSchema } from "valibot";
import type { Item, Mistake } from "../settings/mistakes.ts";
import type { CarrierOptions, CreatedCarrier } from "./carrier.ts";

/** The form of the settings of a carrier, and the rules between them. Only checks need it. */
export interface CarrierForm {
  /** Makes the schema: each value by itself, with the value of `type`. */
  schema(): GenericSchema;
  /**
   * The part of a request that the carrier reads: two carriers must not read the same part. `undefined`: the settings are wrong by
   * themselves.
   */
  place(value: Item["value"]): string | undefined;
  /** The settings that a second carrier of this kind needs. */
  readonly another: string;
  /** Why it must be the last carrier, if it must. */
  readonly lastBecause?: string;
  /** Mistakes between its values. Default: there are none. */
  mistakes?(item: Item): Mistake[];
}

/** A kind of carrier: how a carrier is created from its settings. */
export interface CarrierKind<Config, Checked, Resolved> {
  /** Fills in the defaults. */
  resolve(checked: Checked): Resolved;
  create(settings: Resolved, options: CarrierOptions): CreatedCarrier;
  /** Only its type is used: the settings as an operator writes them. */
  readonly config?: Config;
}

/** Gives a kind of carrier its types. `Config` is named, because it documents the settings, and the rest is inferred. */
export function defineCarrier<Config>() {
  return <Checked, Resolved>(kind: CarrierKind<Config, Checked, Resolved>): CarrierKind<Config, Checked, Resolved> =>
    kind;
}
