import { DurableObject } from "cloudflare:workers";
import type { SessionLimit } from "../../session/change.ts";
import type { ObjectNamespace } from "../../store/object-calls.ts";
import type {
  Confirmed,
  Counted,
  EndedAll,
  Forgotten,
  Listed,
  Login,
  Reservation,
  Reserved,
  Which,
} from "../../store/principal-contracts.ts";
import { createUnattended } from "../clients/session-client.ts";
import { PrincipalIndex } from "./principal-index.ts";
import { PrincipalRows } from "./principal-rows.ts";

/** The bindings of wrangler that the index of a principal uses. */
interface PrincipalBindings {
  readonly SESSION_OBJECT: ObjectNamespace;
}

/**
 * The Durable Object of one principal, named by a hash of the principal: {@link PrincipalIndex} on the object's own storage.
 *
 * Methods take and return one object and are never renamed, because a deploy replaces Worker and objects at different times.
 */
export class PrincipalObject extends DurableObject<PrincipalBindings> {
  readonly #index: PrincipalIndex;

  constructor(state: DurableObjectState, env: PrincipalBindings) {
    super(state, env);
    this.#index = new PrincipalIndex({
      rows: new PrincipalRows(state.storage),
      sessions: createUnattended(env.SESSION_OBJECT, { byIndex: true }),
      alarms: state.storage,
      clock: () => Date.now(),
    });
  }

  reserve(ask: { reservation: Reservation }): Promise<Reserved> {
    return this.#index.reserve(ask);
  }

  confirm(ask: { login: Login; limit: SessionLimit }): Promise<Confirmed> {
    return this.#index.confirm(ask);
  }

  forget(ask: { id: string }): Promise<Forgotten> {
    return this.#index.forget(ask);
  }

  list(ask: { most: number; after?: string | undefined }): Promise<Listed> {
    return this.#index.list(ask);
  }

  count(_ask: object): Promise<Counted> {
    return this.#index.count();
  }

  endAll(ask: Which): Promise<EndedAll> {
    return this.#index.endAll(ask);
  }

  override alarm(): Promise<void> {
    return this.#index.alarm();
  }
}
