import { createHash } from "node:crypto";
import { expect } from "vitest";
import { ADMIN_TOKEN, adminOf } from "./admin.ts";
import { forgeToken } from "./forge.ts";
import { originConfig, type SiteOrigin, startSite } from "./site.ts";

/** The origins of a pool, as its configuration lists them. */
type Configured = ReturnType<typeof originConfig>[];

/**
 * A Moor whose operators may change its only pool, with thirty visitors. Whoever starts it stops its site.
 *
 * @param pool its id. No other site of the file has it, because they may share a store.
 */
export async function startLivePool(pool: string, origins: readonly SiteOrigin[], configured?: Configured) {
  const pools = [{ id: pool, origins: configured ?? origins.map(originConfig) }];
  const site = await startSite(origins, { admin: {}, adminToken: ADMIN_TOKEN, pools });
  const admin = adminOf(site);
  const keys = Array.from({ length: 30 }, (_, at) => createHash("sha256").update(`${at}`).digest().subarray(0, 16));
  const send = async (path: string, body?: object) => {
    const answer = await admin.ask(`/pools/${pool}/origins/${path}`, {
      method: "POST",
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    return { status: answer.status, said: JSON.parse(answer.text) };
  };
  return {
    site,
    admin,
    /** The thirty sessions. */
    keys,
    /** The origin that serves each of the sessions. They were born at a time, in seconds from now. Default: all thirty. */
    async servers(bornInSeconds = -60, sessions: readonly Buffer[] = keys): Promise<string[]> {
      const asked = sessions.map(async (key) => {
        const token = forgeToken(site.moor.keys, { key, bornAt: Date.now() + bornInSeconds * 1000 });
        const { status, text, told } = await site.client([["__Host-moor", token]]).send("/");
        if (status !== 200) throw new Error(text);
        return told.server;
      });
      return Promise.all(asked);
    },
    /** Makes a change, and resolves when isolates can read it. The later of two changes within a second may have to wait. */
    async change(path: string, body?: object) {
      const changed = await send(path, body);
      if (changed.said.published === false)
        await expect.poll(async () => (await send(path, body)).said.published).toBe(true);
      return changed;
    },
    /** The isolates that serve from now on are new, so they know the published state. */
    renew: () => site.moor.crashAndRestart(),
  };
}

/** A time so far ahead, as admins name it. */
export function inSeconds(ahead: number): string {
  return `${new Date(Date.now() + ahead * 1000).toISOString().slice(0, 19)}Z`;
}
