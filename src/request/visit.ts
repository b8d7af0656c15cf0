import type { AddressCarrier } from "../carriers/carrier.ts";
import type { Arrival, Asked } from "../inbound/arrival.ts";
import type { Client } from "../inbound/carriers.ts";
import type { Observer } from "../observe/observer.ts";

/** Holds on to work that must not end when its client leaves. */
export type KeepAlive = (work: Promise<unknown>) => void;

/** A request whose token has been read. */
export interface Visit {
  readonly request: Asked;
  /** The address, without a token. */
  readonly url: URL;
  /** The carrier whose token stood in the address, if there was a token in it. */
  readonly stripped: AddressCarrier | undefined;
  readonly client: Client;
  readonly arrival: Arrival;
  readonly observer: Observer;
  readonly keepAlive: KeepAlive;
  /** The ids of sessions whose mark the response must set; see {@link markFor}. */
  readonly toMark: Set<string>;
}
