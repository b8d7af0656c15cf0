import type { Logouts, PrincipalRows, Row } from "../objects/principal/principal-rows.ts";
import type { RowEntries } from "./row-entries.ts";

const SESSIONS = "sessions";
const NOT_BEFORE = "notBefore";
const LOGOUTS = "logouts";

/** The rows of one principal's index, as entries of one row of a store. Each method does the same as that of {@link PrincipalRows}. */
export class PrincipalEntries implements Pick<PrincipalRows, keyof PrincipalRows> {
  readonly #entries: RowEntries;
  readonly #rows: Map<string, Row>;

  constructor(entries: RowEntries) {
    this.#entries = entries;
    this.#rows = new Map((entries.kv.get<Row[]>(SESSIONS) ?? []).map((row) => [row.id, row]));
  }

  get(id: string): Row | undefined {
    return this.#rows.get(id);
  }

  put(row: Row): void {
    this.#rows.set(row.id, row);
    this.#save();
  }

  drop({ id, state, changeId }: Pick<Row, "id" | "state" | "changeId">): void {
    const row = this.#rows.get(id);
    if (row?.state === state && row.changeId === changeId) this.forget(id);
  }

  forget(id: string): void {
    if (this.#rows.delete(id)) this.#save();
  }

  postpone(id: string, dueAt: number): void {
    const row = this.#rows.get(id);
    if (row) this.put({ ...row, dueAt });
  }

  count(): number {
    return this.#all().filter(({ state }) => state !== "ending").length;
  }

  countOf(wanted: Row["state"]): number {
    return this.#all().filter(({ state }) => state === wanted).length;
  }

  replaceable(now: number, most: number): Row[] {
    const mayGo = ({ state, dueAt }: Row) => state === "live" || (state === "reserved" && dueAt <= now);
    return this.#all().filter(mayGo).sort(byLogin).slice(0, most);
  }

  page(most: number, after?: { at: number; id: string }): Row[] {
    const isAfter = (row: Row) => after === undefined || byLogin(row, after) < 0;
    return this.#live().filter(isAfter).slice(0, most);
  }

  due(now: number, most: number): Row[] {
    const due = this.#all().filter(({ dueAt }) => dueAt <= now);
    return due.sort((one, other) => one.dueAt - other.dueAt).slice(0, most);
  }

  nextDueAt(): number | undefined {
    const times = this.#all().map(({ dueAt }) => dueAt);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  endAll(now: number, except = ""): void {
    this.#end(
      this.#live().filter(({ id }) => id !== except),
      now,
    );
  }

  endOldest(now: number, most: number): void {
    this.#end(this.#live().slice(most), now);
  }

  notBefore(): number {
    return this.#entries.kv.get<number>(NOT_BEFORE) ?? 0;
  }

  setNotBefore(at: number): void {
    this.#entries.kv.put(NOT_BEFORE, at);
  }

  logouts(noted?: Logouts): Logouts | undefined {
    if (noted) this.#entries.kv.put(LOGOUTS, noted);
    return noted ?? this.#entries.kv.get<Logouts>(LOGOUTS);
  }

  clear(): Promise<void> {
    this.#rows.clear();
    return this.#entries.deleteAll();
  }

  #all(): Row[] {
    return [...this.#rows.values()];
  }

  /** Live sessions, the newest login first. */
  #live(): Row[] {
    return this.#all()
      .filter(({ state }) => state === "live")
      .sort((one, other) => byLogin(other, one));
  }

  #end(rows: readonly Row[], now: number): void {
    if (rows.length === 0) return;
    for (const row of rows) this.#rows.set(row.id, { ...row, state: "ending", dueAt: now });
    this.#save();
  }

  #save(): void {
    if (this.#rows.size === 0) this.#entries.kv.delete(SESSIONS);
    else this.#entries.kv.put(SESSIONS, this.#all());
  }
}

/** The oldest login first; of logins of the same moment, the session with the smaller id. */
function byLogin(one: { at: number; id: string }, other: { at: number; id: string }): number {
  return one.at - other.at || (one.id < other.id ? -1 : Number(one.id > other.id));
}
