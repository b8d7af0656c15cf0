import { DeadlinePassed, withinDeadline } from "../../lib/deadline.ts";
import { confirmed } from "../../session/logged-in.ts";
import type { Login } from "../../session/login.ts";
import type { SessionRecord } from "../../session/record.ts";
import type { SessionRows, SessionStorage } from "./session-rows.ts";

/** A login that the provider was asked to confirm. */
export type Renewed =
  | { readonly kind: "renewed"; readonly login: Login; readonly grant: string }
  /** The refresh token is over, or the provider knows the visitor no more. */
  | { readonly kind: "refused" }
  /** `grant`: the refresh token from now on, if the provider has given another before it failed. */
  | { readonly kind: "unavailable"; readonly grant?: string };

/** The provider of logins, as the object of a session asks it. */
export interface LoginProvider {
  isDue(login: Login, now: number): boolean;
  /**
   * Asks the provider to confirm a login.
   *
   * @param grant the refresh token, sealed. `undefined`: there is none, and the answer is `refused`.
   */
  renew(login: Login, grant: string | undefined, sessionId: string): Promise<Renewed>;
  /** Has the provider forget the refresh token of a session that has ended. It never fails: the log tells of a provider that does not. */
  revoke(login: Login, grant: string, sessionId: string): Promise<void>;
}

/** The rows, the provider, and the callbacks of the authority. */
export interface LoginRenewalParts {
  readonly rows: SessionRows;
  readonly storage: Pick<SessionStorage, "kv">;
  readonly provider: LoginProvider;
  readonly clock: () => number;
  readonly save: (record: SessionRecord, loaded: SessionRecord) => void;
  /** Has the copies of the session elsewhere follow. */
  readonly spread: (id: string) => unknown;
  readonly keepAlive: (work: Promise<unknown>) => void;
}

/** The row of the refresh token of the login. */
const GRANT = "grant";
/** How long requests wait for the provider, from when it is asked. Then they are served by the login as it was. */
export const RENEWAL_WAIT_MS = 2_000;
/** The provider is not asked again for this login before. */
const RETRY_MS = 10_000;

/** Keeps the refresh token of a login, sealed; `undefined`: the login has none. */
export function saveGrant({ kv }: Pick<SessionStorage, "kv">, grant: string | undefined): void {
  if (grant === undefined) kv.delete(GRANT);
  else kv.put(GRANT, grant);
}

/**
 * Forgets the refresh token of a session that has ended. After a logout the provider forgets it as well. After any other end it does not:
 * some providers then forget every token of the visitor in that browser, who may have another session here.
 *
 * @param renewal `undefined`: the class of the object knows no provider.
 */
export function forgetGrant(
  storage: Pick<SessionStorage, "kv">,
  renewal: LoginRenewal | undefined,
  { id, ended }: SessionRecord,
  login: Login,
): void {
  const grant = storage.kv.get<string>(GRANT);
  saveGrant(storage, undefined);
  if (ended?.reason === "ended") renewal?.revoke(login, grant, id);
}

/**
 * Has the provider confirm the login of a session. The object of the session is the one place that all its requests reach, so one
 * request at a time asks. A provider that rotates refresh tokens takes two askers for a thief, and ends the login of both.
 */
export class LoginRenewal {
  readonly #parts: LoginRenewalParts;
  #flight: { readonly since: number; readonly done: Promise<void> } | undefined;
  #notBefore = 0;

  constructor(parts: LoginRenewalParts) {
    this.#parts = parts;
  }

  /** Has the provider forget a refresh token. Nobody waits for that. */
  revoke(login: Login, grant: string | undefined, id: string): void {
    const { provider, keepAlive } = this.#parts;
    if (grant !== undefined) keepAlive(provider.revoke(login, grant, id));
  }

  /** Renews the login if that is due. Resolves when it is known, or when the request has waited long enough. */
  async renewIfDue(): Promise<void> {
    const { rows, provider, clock, keepAlive } = this.#parts;
    const record = rows.load();
    const now = clock();
    if (!record?.login || record.login.lapsed || !provider.isDue(record.login, now)) return;
    if (!this.#flight) {
      if (now < this.#notBefore) return;
      const done = this.#renew(record, record.login).finally(() => {
        this.#flight = undefined;
        // Whatever the outcome, even a fault of this code: requests must not have the provider asked without end.
        this.#notBefore = clock() + RETRY_MS;
      });
      this.#flight = { since: now, done };
      keepAlive(done);
    }
    const { since, done } = this.#flight;
    try {
      await withinDeadline(done, Math.max(0, since + RENEWAL_WAIT_MS - now));
    } catch (fault) {
      if (!(fault instanceof DeadlinePassed)) throw fault;
    }
  }

  async #renew({ id }: SessionRecord, login: Login): Promise<void> {
    const { rows, storage, provider, save, spread } = this.#parts;
    const renewed = await provider.renew(login, storage.kv.get<string>(GRANT), id);
    const record = rows.load();
    // The visitor may have logged in again, or out, meanwhile.
    if (record?.login?.at !== login.at) {
      if (record?.ended?.reason === "ended" && "grant" in renewed) this.revoke(login, renewed.grant, id);
      return;
    }
    if (renewed.kind === "unavailable") {
      if (renewed.grant !== undefined) saveGrant(storage, renewed.grant);
      return;
    }
    const isRefused = renewed.kind === "refused";
    saveGrant(storage, isRefused ? undefined : renewed.grant);
    save(confirmed(record, isRefused ? { ...login, lapsed: true } : renewed.login), record);
    // No request may be left that waits, and copies elsewhere must not show the login as it was.
    await spread(record.id);
  }
}
