/**
 * The regions in which Durable Objects are placed. A token stores a region as its place in this list, counted from 1, so no place
 * may ever change its meaning.
 */
export const REGIONS = ["wnam", "enam", "sam", "weur", "eeur", "apac", "oc", "afr", "me"] as const;

export type Region = (typeof REGIONS)[number];
