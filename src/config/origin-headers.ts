/** The headers by which an origin speaks to Moor. */
export const ORIGIN_HEADERS = [
  "Moor-Patch",
  "Moor-Flash",
  "Moor-Principal",
  "Moor-Remember",
  "Moor-Rotate",
  "Moor-End",
  "Moor-Version",
  "Moor-Closed",
] as const;

/** A header of {@link ORIGIN_HEADERS}. */
export type OriginHeader = (typeof ORIGIN_HEADERS)[number];
