import type { GenericSchema, InferOutput } from "valibot";
import type { Mistake } from "../settings/mistakes.ts";
import type { RowStore } from "./row-store.ts";

/** The promises of a store on which settings, documents and contract tests depend. */
export interface Guarantees {
  /** Whether rows that it has acknowledged outlive its restart. Otherwise settings that promise more are refused. */
  readonly survivesRestart: boolean;
  /** Whether it answers reads with its own time. Otherwise a write is late by the clock of the Worker. */
  readonly tellsTime: boolean;
  /** Whether it names rows that are due. Otherwise no event tells of a session that becomes idle. */
  readonly namesDue: boolean;
}

/** A kind of store of rows: its settings, and how such a store is bound. */
export interface RowStoreKind<Config, Bindings, Schema extends GenericSchema> {
  /** Its name in texts for operators. */
  readonly title: string;
  /** Makes the schema of the settings: each value by itself, with the value of `type`. */
  schema(): Schema;
  readonly guarantees: Guarantees;
  /**
   * Mistakes between its settings and the rest of the configuration. Default: there are none.
   *
   * @param authority its settings, which may be wrong by themselves.
   * @param beside words that name the store in the text of a mistake.
   */
  mistakes?(authority: Record<string, unknown>, config: Record<string, unknown>, beside: string): Mistake[];
  /**
   * Makes the store from its bindings. `undefined`: the build is without the store, by the constant that `buildFlagOf` in registry.ts names.
   *
   * @throws TypeError that names the wrong or missing binding and the accepted values.
   */
  bind(env: Bindings & Readonly<Record<string, unknown>>, settings: InferOutput<Schema>): RowStore | undefined;
  /** Only its type is used: the settings as an operator writes them. */
  readonly config?: Config;
  /** Only its type is used: the bindings of wrangler whose names are fixed. */
  readonly bindings?: Bindings;
}

/** Gives a kind of store its types. `Config` and `Bindings` are named, because they document the store, and the rest is inferred. */
export function defineRowStore<Config, Bindings>() {
  return <Schema extends GenericSchema>(
    kind: RowStoreKind<Config, Bindings, Schema>,
  ): RowStoreKind<Config, Bindings, Schema> => kind;
}
