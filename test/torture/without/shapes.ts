import type { Shape } from "../arbitrary.ts";

const ASKS = { read: 6, add: 3, set: 4, remove: 1, login: 0, rotate: 0, end: 0 };
const HERE = ["ams"] as const;

/** The authority is out of reach again and again, for a short time each. Two browsers use a session. */
export const OUTAGES: Partial<Shape> = {
  asks: { ...ASKS, set: 6 },
  incidents: { admin: 1, copy: 2, crash: 1, fault: 8 },
  failing: ["object", "redis"],
  locations: HERE,
  times: {
    after: [
      [12, 0, 60],
      [8, 60, 3_000],
      [2, 3_000, 12_000],
    ],
    fault: [
      [2, 0, 0],
      [5, 100, 5_000],
      [1, 5_000, 20_000],
    ],
  },
};

/** Nothing fails; requests of one browser race each other. */
export const RACES: Partial<Shape> = {
  browsers: 1,
  asks: { ...ASKS, login: 2, rotate: 1 },
  incidents: { admin: 0, copy: 0, crash: 0, fault: 0 },
  failing: [],
  locations: HERE,
  times: {
    after: [
      [8, 0, 500],
      [8, 500, 6_000],
    ],
    origin: [
      [4, 1, 50],
      [8, 50, 10_000],
    ],
    down: [
      [1, 5, 80],
      [1, 80, 5_000],
    ],
  },
};

/** Sessions end while stores fail. */
export const ENDS: Partial<Shape> = { ...OUTAGES, asks: { ...ASKS, end: 3 } };

/** Visitors log in while stores fail, and others hold their older tokens. */
export const LOGINS: Partial<Shape> = {
  ...OUTAGES,
  asks: { ...ASKS, login: 3, rotate: 2, end: 1 },
  incidents: { admin: 0, copy: 4, crash: 1, fault: 4 },
};

/** Timeouts pass, and stores fail around them. */
export const PAUSES: Partial<Shape> = {
  asks: { ...ASKS, set: 1 },
  incidents: { admin: 0, copy: 2, crash: 0, fault: 12 },
  failing: ["object", "redis"],
  locations: HERE,
  times: {
    after: [
      [6, 0, 3_000],
      [6, 3_000, 60_000],
      [8, 200_000, 640_000],
    ],
    fault: [
      [1, 0, 0],
      [4, 5_000, 60_000],
      [4, 60_000, 600_000],
    ],
  },
};

/** Two browsers share a session whose authority is out of reach for some seconds, and nothing else happens. */
export const SHARED: Partial<Shape> = {
  asks: { ...ASKS, read: 10 },
  incidents: { admin: 0, copy: 5, crash: 0, fault: 5 },
  failing: ["object"],
  locations: HERE,
  times: {
    after: [
      [12, 0, 300],
      [8, 300, 3_000],
    ],
    up: [[1, 5, 40]],
    origin: [[1, 1, 40]],
    down: [[1, 5, 40]],
    fault: [[1, 500, 5_000]],
  },
};

/** As {@link SHARED}, and the session is ended now and then. */
export const SHARED_ENDS: Partial<Shape> = {
  ...SHARED,
  asks: { ...ASKS, read: 3, add: 6, set: 1, remove: 0, end: 3 },
};

/** As {@link SHARED_ENDS}, while the authority's writes to Redis come late. */
export const LATE_BACKUPS: Partial<Shape> = {
  ...SHARED_ENDS,
  incidents: { admin: 0, copy: 5, crash: 0, fault: 10 },
  failing: ["redis", "redis", "object"],
  times: {
    ...SHARED.times,
    fault: [
      [4, 0, 0],
      [4, 100, 3_000],
    ],
  },
};
