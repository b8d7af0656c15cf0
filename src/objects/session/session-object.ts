import { DurableObject } from "cloudflare:workers";
import type { SessionEvents } from "../../config/types.ts";
import type { Unavailable } from "../../lib/unavailable.ts";
import { logToConsole } from "../../log.ts";
import type { Change, Ref } from "../../session/change.ts";
import { type BoundStores, bindStores, type StoreBindings } from "../../store/bind.ts";
import { createBreakers } from "../../store/breakers.ts";
import type { Committed, Ended, LeaseAsk, Locked, Looked, Lookup, TakenOver, Unlocked } from "../../store/contracts.ts";
import type { ObjectNamespace } from "../../store/object-calls.ts";
import { createObjectPrincipals } from "../clients/principal-client.ts";
import { answerText } from "./by-text.ts";
import type { CopyPolicy } from "./copies.ts";
import { LeaseQueue } from "./leases.ts";
import type { LoginProvider } from "./login-renewal.ts";
import type { OldSessions } from "./owed-end.ts";
import { SessionAuthority } from "./session-authority.ts";
import { createTeller } from "./teller.ts";

/** The bindings of wrangler that a session uses. */
interface SessionBindings extends StoreBindings {
  /** Without it no session is indexed. */
  readonly PRINCIPAL_OBJECT?: ObjectNamespace;
}

/** workerd gives all objects of an isolate the same environment. So they share its stores, and their knowledge of the stores' health. */
const boundStores = new WeakMap<SessionBindings, BoundStores>();

/**
 * The Durable Object of one session, named by the session's id: {@link SessionAuthority} on the object's own storage.
 *
 * Methods take and return one object, or one text, and are never renamed, because a deploy replaces Worker and objects at different times.
 */
export class SessionObject extends DurableObject<SessionBindings> {
  readonly #authority: SessionAuthority;
  readonly #knowsProvider: boolean;
  readonly #leases = new LeaseQueue(
    () => Date.now(),
    (ref) => this.#authority.isOver(ref),
  );

  /** @param options see {@link createSessionClass}. */
  constructor(state: DurableObjectState, env: SessionBindings, options: SessionObjectOptions = {}) {
    super(state, env);
    const { events, bindOldSessions, bindLoginProvider } = options;
    this.#knowsProvider = bindLoginProvider !== undefined;
    const { fallback, replicas } = storesOf(env);
    const teller = createTeller({ log: logToConsole, events, waitUntil: (work) => state.waitUntil(work) });
    this.#authority = new SessionAuthority({
      storage: state.storage,
      clock: () => Date.now(),
      fallback,
      replicas,
      principals: env.PRINCIPAL_OBJECT && createObjectPrincipals(env.PRINCIPAL_OBJECT),
      oldSessions: bindOldSessions?.(env),
      loginProvider: bindLoginProvider?.(env),
      leases: this.#leases,
      ...teller,
    });
  }

  read(ask: { ref: Ref; copies?: CopyPolicy }): Lookup | Promise<Lookup> {
    return this.#authority.read(ask);
  }

  /** {@link read}, by texts. */
  readText(ask: string): string | Unavailable | Promise<string | Unavailable> {
    return answerText(ask, (asked: Parameters<SessionObject["read"]>[0]) => this.read(asked));
  }

  async renew(ask: { ref: Ref; copies?: CopyPolicy }): Promise<Lookup> {
    if (this.#knowsProvider) return this.#authority.renew(ask);
    const remedy = "export createSessionObject(config) as SessionObject";
    return { kind: "unavailable", cause: new Error(`the class of the sessions' objects knows no provider: ${remedy}`) };
  }

  commit(ask: { ref: Ref; change: Change; copies?: CopyPolicy }): Committed | Promise<Committed> {
    return this.#authority.commit(ask);
  }

  /** {@link commit}, by texts. */
  commitText(ask: string): string | Unavailable | Promise<string | Unavailable> {
    return answerText(ask, (asked: Parameters<SessionObject["commit"]>[0]) => this.commit(asked));
  }

  takeOver(ask: { id: string; copies?: CopyPolicy }): Promise<TakenOver> {
    return this.#authority.takeOver(ask);
  }

  look(ask: { id: string; attributes?: boolean; copies?: CopyPolicy }): Promise<Looked> {
    return this.#authority.look(ask);
  }

  end(ask: { id: string; byIndex?: boolean; copies?: CopyPolicy }): Promise<Ended> {
    return this.#authority.end(ask);
  }

  /** `ref` is absent if older code asks. */
  async lock(ask: LeaseAsk & { ref?: Ref }): Promise<Locked> {
    if (ask.ref) this.#authority.noteWaiting(ask.ref);
    return this.#leases.take(ask);
  }

  async unlock({ lease }: { lease: string }): Promise<Unlocked> {
    this.#leases.release(lease);
    return { kind: "unlocked" };
  }

  override alarm(): Promise<void> {
    return this.#authority.alarm();
  }
}

function storesOf(env: SessionBindings): BoundStores {
  const stores = boundStores.get(env) ?? bindStores(env, createBreakers(logToConsole));
  boundStores.set(env, stores);
  return stores;
}

/** A class of {@link SessionObject}s. */
export type SessionObjectClass = new (state: DurableObjectState, env: SessionBindings) => SessionObject;

/** The parts of a Worker's configuration that its sessions need. */
export interface SessionObjectOptions {
  /** Called with each event of a session; see `MoorConfig.events`. Default: events go to the log alone. */
  readonly events?: SessionEvents | undefined;
  /** Binds the old applications of adopted sessions. Default: there are none. */
  readonly bindOldSessions?: ((env: object) => OldSessions | undefined) | undefined;
  /** Binds the provider at which visitors log in. Default: logins are not renewed. */
  readonly bindLoginProvider?: ((env: object) => LoginProvider | undefined) | undefined;
}

/** The class for a Worker with these options. The Worker exports it as `SessionObject`. */
export function createSessionClass(options: SessionObjectOptions): SessionObjectClass {
  return class extends SessionObject {
    constructor(state: DurableObjectState, env: SessionBindings) {
      super(state, env, options);
    }
  };
}
