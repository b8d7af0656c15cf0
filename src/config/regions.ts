/** Regions, as Durable Objects are placed. A token holds a region by its place in this list, from 1: it keeps its meaning for good. */
export const REGIONS = ["wnam", "enam", "sam", "weur", "eeur", "apac", "oc", "afr", "me"] as const;

export type Region = (typeof REGIONS)[number];
