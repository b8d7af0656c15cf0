import type { GenericSchema, InferOutput } from "valibot";
import type { Item, Mistake } from "../settings/mistakes.ts";
import type { CarrierOptions, CreatedCarrier } from "./carrier.ts";

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

/** A kind of carrier: its settings, and how a carrier is created from them. */
export interface CarrierKind<Config, Schema extends GenericSchema, Resolved> extends CarrierRules {
  /** The form of the settings, each value by itself, with the value of `type`. */
  readonly schema: Schema;
  /** Fills in the defaults. */
  resolve(checked: InferOutput<Schema>): Resolved;
  create(settings: Resolved, options: CarrierOptions): CreatedCarrier;
  /** Only its type is used: the settings as an operator writes them. */
  readonly config?: Config;
}

/** Gives a kind of carrier its types. `Config` is named, because it documents the settings, and the rest is inferred. */
export function defineCarrier<Config>() {
  return <Schema extends GenericSchema, Resolved>(
    kind: CarrierKind<Config, Schema, Resolved>,
  ): CarrierKind<Config, Schema, Resolved> => kind;
}
