import type { AddressCarrier } from "../carriers/carrier.ts";
import type { Arrival, Asked } from "../inbound/arrival.ts";
import type { Client } from "../inbound/carriers.ts";
import type { AskedParts } from "../lib/asked.ts";
import type { Observer } from "../observe/observer.ts";

/** Holds on to work that must not end when its client leaves. */
export type KeepAlive = (work: Promise<unknown>) => void;

/** A request to the proxy whose token has been read. `AsRead`: the type of the request as it was read. */
export interface Visit<AsRead extends AskedParts = Asked> {
  readonly request: AsRead;
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

/** The same, or a request to handlers, whose headers have no names that were read: for the steps that both share. */
export type AnyVisit = Visit<AskedParts>;
