import type { Unavailable } from "../../lib/unavailable.ts";
import type { Change, Ref } from "../../session/change.ts";
import type {
  Authority,
  Committed,
  Ended,
  LeaseAsk,
  Locked,
  Locks,
  Looked,
  Lookup,
  Renewals,
  TakenOver,
  Unattended,
  Unlocked,
} from "../../store/contracts.ts";
import {
  createObjectCalls,
  OBJECT_DEADLINE_MS,
  type ObjectCallsOptions,
  type ObjectNamespace,
} from "../../store/object-calls.ts";
import type { CopyPolicy } from "../session/copies.ts";
import { RENEWAL_WAIT_MS } from "../session/login-renewal.ts";

/** The methods of `SessionObject`, as a stub offers them. */
interface SessionCalls {
  readText(ask: string): Promise<string | Unavailable>;
  commitText(ask: string): Promise<string | Unavailable>;
  /** The same by objects, which objects of an older release know. */
  read(ask: { ref: Ref; copies: CopyPolicy }): Promise<Lookup>;
  renew(ask: { ref: Ref; copies: CopyPolicy }): Promise<Lookup>;
  commit(ask: { ref: Ref; change: Change; copies: CopyPolicy }): Promise<Committed>;
  takeOver(ask: { id: string; copies: CopyPolicy }): Promise<TakenOver>;
  look(ask: { id: string; attributes: boolean; copies: CopyPolicy | undefined }): Promise<Looked>;
  lock(ask: LeaseAsk & { ref: Ref }): Promise<Locked>;
  unlock(ask: { lease: string }): Promise<Unlocked>;
  end(ask: { id: string; byIndex: boolean; copies: CopyPolicy | undefined }): Promise<Ended>;
}

/** The options for calls of the authority's objects. */
export interface ObjectAuthorityOptions extends ObjectCallsOptions {
  /** Which copies objects write to other stores. Default: no copies. */
  readonly copies?: CopyPolicy;
}

const NO_COPIES: CopyPolicy = { replicate: "off", backup: "off", strictBackup: false };

/**
 * The sessions' Durable Objects as the authority. A call may be repeated: a second read changes nothing more, and a change is
 * applied once, by its id.
 */
export function createObjectAuthority(objects: ObjectNamespace, options: ObjectAuthorityOptions = {}): Authority {
  const { copies = NO_COPIES } = options;
  const call = createObjectCalls<SessionCalls>(objects, options);

  /** Asks by a text. While a release is being deployed, an object may be of an older release that only takes objects. */
  async function askByText<Ask extends { readonly ref: Ref }, Answer>(
    method: "readText" | "commitText",
    ask: Ask,
    askOlder: (object: SessionCalls, ask: Ask) => Promise<Answer>,
  ): Promise<Answer | Unavailable> {
    const { id } = ask.ref;
    const text = JSON.stringify(ask);
    const answer = await call<string | Unavailable>(id, (object) => object[method](text));
    if (typeof answer === "string") return JSON.parse(answer);
    return lacks(method, answer.cause) ? call(id, (object) => askOlder(object, ask)) : answer;
  }

  return {
    name: "object",
    read: (ref) => askByText("readText", { ref, copies }, (object, ask) => object.read(ask)),
    commit: (ref, change) => askByText("commitText", { ref, change, copies }, (object, ask) => object.commit(ask)),
    takeOver: (id) => call<TakenOver>(id, (object) => object.takeOver({ id, copies })),
  };
}

/** Whether a call has failed because the object does not know the method: workerd's error quotes its name. */
function lacks(method: string, fault: unknown): boolean {
  return fault instanceof TypeError && fault.message.includes(`"${method}"`);
}

/** The same objects, for the renewal of logins. */
export function createObjectRenewals(objects: ObjectNamespace, options: ObjectAuthorityOptions = {}): Renewals {
  const { copies = NO_COPIES } = options;
  const call = createObjectCalls<SessionCalls>(objects, options);
  // The object first waits for the provider, whose silence is no failure of the object's.
  const deadlineMs = RENEWAL_WAIT_MS + (options.deadlineMs ?? OBJECT_DEADLINE_MS);
  return { renew: (ref) => call<Lookup>(ref.id, (object) => object.renew({ ref, copies }), deadlineMs) };
}

/**
 * The same objects, for actions without the visitor.
 *
 * @param options.copies default: the policy that the object was last told.
 * @param options.byIndex whether the principal's index asks. It then need not be told of an end.
 */
export function createUnattended(
  objects: ObjectNamespace,
  options: ObjectAuthorityOptions & { readonly byIndex?: boolean } = {},
): Unattended {
  const { copies, byIndex = false } = options;
  const call = createObjectCalls<SessionCalls>(objects, options);
  return {
    look: (id, { attributes = false } = {}) => call<Looked>(id, (object) => object.look({ id, attributes, copies })),
    end: (id) => call<Ended>(id, (object) => object.end({ id, byIndex, copies })),
  };
}

/** The same objects, for their leases. */
export function createObjectLocks(objects: ObjectNamespace, options: ObjectCallsOptions = {}): Locks {
  const call = createObjectCalls<SessionCalls>(objects, options);
  const { deadlineMs = OBJECT_DEADLINE_MS } = options;
  return {
    lock: (ref, ask) => call<Locked>(ref.id, (object) => object.lock({ ...ask, ref }), ask.waitMs + deadlineMs),
    unlock: (id, lease) => call<Unlocked>(id, (object) => object.unlock({ lease })),
  };
}
