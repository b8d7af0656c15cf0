import type { GenericSchema, InferOutput } from "valibot";
import type { Item, Mistake } from "../mistakes.ts";

/** The rules between the settings of carriers. */
export interface CarrierRules {
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

/** All that the configuration knows of a kind of carrier. Its code is in `src/inbound/carriers`. */
export interface CarrierSettings<Config, Schema extends GenericSchema, Resolved> extends CarrierRules {
  /** The form of the settings, each value by itself, with the value of `type`. */
  readonly schema: Schema;
  /** Fills in the defaults. */
  resolve(checked: InferOutput<Schema>): Resolved;
  /** Only its type is used: the settings as an operator writes them. */
  readonly config?: Config;
}

/** Gives the settings of a carrier their types. `Config` is named, because it documents the settings, and the rest is inferred. */
export function carrierSettings<Config>() {
  return <Schema extends GenericSchema, Resolved>(
    settings: CarrierSettings<Config, Schema, Resolved>,
  ): CarrierSettings<Config, Schema, Resolved> => settings;
}
