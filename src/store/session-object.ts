import { DurableObject } from "cloudflare:workers";
import { describeFault, logToConsole } from "../log.ts";
import type { Change, Ref } from "../session/change.ts";
import { type BoundStores, bindStores, type StoreBindings } from "./bound-stores.ts";
import type { Committed, Lookup, TakenOver } from "./contracts.ts";
import { type CopyPolicy, SessionAuthority } from "./session-authority.ts";

/** One for all objects of an isolate: they share what is known of the stores' health. */
let stores: BoundStores | undefined;

/**
 * The Durable Object of one session, named by the session's id: {@link SessionAuthority} on the object's own storage.
 *
 * Methods take and return one object and are never renamed, since a deploy replaces Worker and objects at different times.
 */
export class SessionObject extends DurableObject<StoreBindings> {
  readonly #authority: SessionAuthority;

  constructor(state: DurableObjectState, env: StoreBindings) {
    super(state, env);
    stores ??= bindStores(env, logToConsole);
    const { fallback, replicas } = stores;
    this.#authority = new SessionAuthority({
      storage: state.storage,
      clock: () => Date.now(),
      fallback,
      replicas,
      keepAlive: (work) => this.#keepAlive(work),
    });
  }

  read(ask: { ref: Ref; now: number; copies?: CopyPolicy }): Promise<Lookup> {
    return this.#authority.read(ask);
  }

  commit(ask: { ref: Ref; change: Change; copies?: CopyPolicy }): Promise<Committed> {
    return this.#authority.commit(ask);
  }

  takeOver(ask: { id: string; copies?: CopyPolicy }): Promise<TakenOver> {
    return this.#authority.takeOver(ask);
  }

  override alarm(): Promise<void> {
    return this.#authority.alarm();
  }

  #keepAlive(work: Promise<unknown>): void {
    const told = work.catch((fault: unknown) =>
      logToConsole({ event: "internal_error", reason: describeFault(fault) }),
    );
    this.ctx.waitUntil(told);
  }
}
