/** The longest timeout that a session may have: a year of 365 days. */
export const MAX_SESSION_SECONDS = 31_536_000;

/** How many sessions of a principal are indexed. */
export const MAX_PRINCIPAL_SESSIONS = 10_000;

/** How many sessions of a principal a login may look at, to tell whether there are too many. */
export const MAX_REFUSING_SESSIONS = 100;
/** The most sessions of one principal whose index is a row. */
export const MAX_ROW_SESSIONS = 500;
/** The most that a session in cookies holds, in bytes of its attributes and its flash as JSON. */
export const MAX_COOKIE_SESSION_BYTES = 512;
