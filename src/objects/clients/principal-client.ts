import { sha256 } from "../../lib/sha256.ts";
import { createObjectCalls, type ObjectCallsOptions, type ObjectNamespace } from "../../store/object-calls.ts";
import type {
  Confirmed,
  Counted,
  EndedAll,
  Forgotten,
  Listed,
  Principals,
  Reserved,
} from "../../store/principal-contracts.ts";
import type { PrincipalIndex } from "../principal/principal-index.ts";

/** The methods of `PrincipalObject`, as a stub offers them. */
type PrincipalCalls = Pick<PrincipalIndex, "reserve" | "confirm" | "forget" | "list" | "endAll"> & {
  count(ask: object): Promise<Counted>;
};

/** The time within which a page of sessions is looked at, or a batch of them ended. */
const MANY_MS = 10_000;

/** The principals' Durable Objects. Each call may be repeated. */
export function createObjectPrincipals(objects: ObjectNamespace, options: ObjectCallsOptions = {}): Principals {
  const call = createObjectCalls<PrincipalCalls>(objects, options);

  async function ask<T>(principal: string, work: (object: PrincipalCalls) => Promise<T>, deadlineMs?: number) {
    return call<T>(await principalName(principal), work, deadlineMs);
  }

  return {
    reserve: (principal, reservation) => ask<Reserved>(principal, (object) => object.reserve({ reservation })),
    confirm: (principal, login, limit) => ask<Confirmed>(principal, (object) => object.confirm({ login, limit })),
    forget: (principal, id) => ask<Forgotten>(principal, (object) => object.forget({ id })),
    list: (principal, page) => ask<Listed>(principal, (object) => object.list(page), MANY_MS),
    count: (principal) => ask<Counted>(principal, (object) => object.count({})),
    endAll: (principal, which) => ask<EndedAll>(principal, (object) => object.endAll(which), MANY_MS),
  };
}

/**
 * The name of a principal's object: the SHA-256 of the principal, as 43 base64url characters. So a list of names does not tell
 * who the principals are.
 */
export function principalName(principal: string): Promise<string> {
  return sha256(principal);
}
