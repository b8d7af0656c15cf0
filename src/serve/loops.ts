/** The header by which servers notice that a request goes in a circle: RFC 8586. */
export const CDN_LOOP = "CDN-Loop";

/** The marks of a site in {@link CDN_LOOP}. Nobody outside can guess them, so nobody can have another site refuse a request. */
export interface LoopMarks {
  /** The mark that requests to origins get. */
  readonly own: string;
  /** All marks of the site. While keys change, its processes mark by different keys. */
  readonly known: readonly string[];
}

/** The origin to which a request was sent before it came back. */
export interface LoopedBy {
  readonly pool?: string;
  readonly origin?: string;
}

const MARK = /^moor-[\da-f]{32}$/;
const PARAMETER = /^(pool|origin)=([a-z0-9._-]{1,64})$/;

/**
 * The value of the header for a request to an origin. Ids of pools and origins are tokens of RFC 9110.
 *
 * @param before the value so far. It may have a mark of this site: a request that is sent again keeps its headers.
 */
export function marked({ own }: LoopMarks, before: string | null, pool: string, origin: string): string {
  const mark = `${own}; pool=${pool}; origin=${origin}`;
  if (before === null) return mark;
  const others = entriesOf(before).filter(([other]) => other !== own);
  return [...others.map((parts) => parts.join("; ")), mark].join(", ");
}

/**
 * The origin by which a request has come back to its site.
 *
 * @param value the value of {@link CDN_LOOP}.
 * @returns `undefined`: the request has not passed this site before.
 */
export function loopedBy({ known }: LoopMarks, value: string | null): LoopedBy | undefined {
  if (value === null) return undefined;
  const entry = entriesOf(value).find(([mark = ""]) => known.includes(mark));
  const parameters = entry?.map((part) => PARAMETER.exec(part)).filter((match) => match !== null);
  return parameters && Object.fromEntries(parameters.map(([, name, id]) => [name, id]));
}

/**
 * The part of the header that goes on to origins: the marks of other sites of Moor. Other servers name themselves by words that everybody
 * knows. A visitor could send one, and have the server that stands before an origin refuse the request as if the origin were ill.
 */
export function marksToPassOn(value: string | null): string | undefined {
  if (value === null) return undefined;
  const marks = entriesOf(value).filter(
    ([mark = "", ...parts]) => MARK.test(mark) && parts.every((part) => PARAMETER.test(part)),
  );
  return marks.length === 0 ? undefined : marks.map((parts) => parts.join("; ")).join(", ");
}

function entriesOf(value: string): string[][] {
  return value.split(",").map((entry) => entry.split(";").map((part) => part.trim()));
}
