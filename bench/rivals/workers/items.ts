import { DurableObject } from "cloudflare:workers";

/** Nothing is kept in it: the bench's configuration of a Worker names such a class. */
export class SessionObject extends DurableObject {}

/** The session that each visitor of the bench has after their first requests. */
export const ITEMS = Object.fromEntries(Array.from({ length: 8 }, (_, index) => [`i${index}`, "x".repeat(64)]));
