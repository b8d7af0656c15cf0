import { createHash } from "node:crypto";
import { expect, vi } from "vitest";
import { ADMIN_TOKEN, adminOf } from "./admin.ts";
import { forgeToken } from "./forge.ts";
import { countsIn } from "./metrics-text.ts";
import { type Site, type SiteOptions, type SiteOrigin, startSite } from "./site.ts";

/** A watched Moor whose operators change its pool `shop`, with thirty visitors, on a clock that tests move. */
export interface WatchedPool {
  readonly site: Site;
  readonly admin: ReturnType<typeof adminOf>;
  /** Seconds since 1970 by its clock. */
  now(): number;
  /** Moves its clock, and has the alarm of its pool ring if it is due then. */
  elapse(seconds: number): Promise<void>;
  /**
   * The server of each visitor who was born at a time, in seconds since 1970. An isolate answers. Default: the first
   * isolate.
   */
  servers(bornAt: number, port?: number): Promise<string[]>;
  /** Makes a change of an operator. Returns the answer of an isolate. */
  change(action: "drain" | "restore" | "eject", origin: string, asked?: object, port?: number): Promise<ChangeTold>;
  /** Resolves when isolates have reported so many requests to the object of the pool. A report is sent behind a response. */
  reported(requests: number): Promise<void>;
  /** The state of an origin. */
  standing(origin: string): Promise<Standing>;
}

export interface Standing {
  readonly state: string;
  readonly next: { readonly state: string; readonly at: number }[];
  readonly bound?: number;
}

export interface ChangeTold extends Standing {
  readonly published: boolean;
}

const DAY_MS = 86_400_000;
const KEYS = Array.from({ length: 30 }, (_, at) => createHash("sha256").update(`${at}`).digest().subarray(0, 16));

/** Starts a watched pool. A change of an operator is published before the operator gets the answer. */
export async function startWatchedPool(
  origins: readonly SiteOrigin[],
  options: SiteOptions = {},
): Promise<WatchedPool> {
  const site = await startSite(origins, { admin: {}, adminToken: ADMIN_TOKEN, watched: true, ...options });
  const admin = adminOf(site);
  const visitor = site.client();
  let aheadSeconds = 0;

  return {
    site,
    admin,
    now: () => Math.floor(Date.now() / 1000) + aheadSeconds,
    async elapse(seconds) {
      aheadSeconds += seconds;
      await site.moor.elapse(seconds);
      await site.moor.ringAlarm("shop");
    },
    async servers(bornAt, port) {
      const asked = KEYS.map(async (key) => {
        const expiresAt = bornAt * 1000 + DAY_MS;
        const token = forgeToken(site.moor.keys, { key, bornAt: bornAt * 1000, expiresAt });
        const { status, text, told } = await visitor.send("/", { headers: { Cookie: `__Host-moor=${token}` }, port });
        if (status !== 200) throw new Error(text);
        return told.server;
      });
      return Promise.all(asked);
    },
    async change(action, origin, asked = {}, port = undefined) {
      const path = `/pools/shop/origins/${origin}/${action}`;
      const { status, text } = await admin.ask(path, { method: "POST", body: JSON.stringify(asked), port });
      if (status !== 200) throw new Error(text);
      return JSON.parse(text) as ChangeTold;
    },
    async reported(requests) {
      // A browser may have asked for an icon besides.
      const arrived = async () => {
        const { text } = await admin.metrics("site");
        expect(countsIn(text, "moor_requests_total", { pool: "shop" })).toBeGreaterThanOrEqual(requests);
      };
      await vi.waitFor(arrived, { timeout: 60_000 });
    },
    async standing(origin) {
      const { text } = await admin.ask("/pools/shop");
      const { origins: all } = JSON.parse(text) as { origins: ({ id: string } & Standing)[] };
      return all.find(({ id }) => id === origin) as Standing;
    },
  };
}

/** A time, given in seconds since 1970, in the form in which operators write it. */
export function named(second: number): string {
  return `${new Date(second * 1000).toISOString().slice(0, 19)}Z`;
}
