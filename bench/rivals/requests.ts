import { requestText } from "../http/visitors.ts";
import type { Visitor } from "./visitor.ts";

/** The part of a visitor that the load needs. */
type Browser = Pick<Visitor, "address" | "cookie">;

/**
 * The visitors of a contestant. The load takes no cookies. So after a change each read of the same visitor would renew
 * the token, while a browser has it renewed once.
 */
export interface Crowds {
  /** Visitors whose sessions do not change. */
  readonly readers: readonly Browser[];
  readonly changers: readonly Browser[];
}

export const READS_PER_CHANGE = 9;
const VALUE_BYTES = 64;

/** A page for each reader. */
export function readsOf({ readers }: Crowds): string[] {
  return readers.map(({ cookie, address }) => requestText("/", { cookie, address }));
}

/**
 * Two changes by each changer. Each gives an item a value that it has never had. A contestant whose
 * session does not change may store nothing.
 *
 * @param batch a name for these changes, which no other changes to the same sessions have.
 */
export function changesOf({ changers }: Crowds, batch: string): string[] {
  return ["a", "b"].flatMap((pass) => {
    const value = `${batch}${pass}`.padEnd(VALUE_BYTES, "x");
    return changers.map(({ cookie, address }) =>
      requestText(`/items/i0/${value}`, { method: "POST", cookie, address }),
    );
  });
}

/** Changes as {@link changesOf} makes them, with {@link READS_PER_CHANGE} reads after each. */
export function readsAndChangesOf(crowds: Crowds, batch: string): string[] {
  const pages = readsOf(crowds);
  let next = 0;
  const nextPage = () => pages[next++ % pages.length] as string;
  return changesOf(crowds, batch).flatMap((change) => [change, ...Array.from({ length: READS_PER_CHANGE }, nextPage)]);
}
