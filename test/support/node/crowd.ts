import { setTimeout as pause } from "node:timers/promises";
import type { Client } from "./client.ts";
import type { Stores } from "./stores.ts";
import { startWriter, type Writer } from "./writers.ts";

/**
 * Visitors who write, and visitors who leave, while processes are killed. A visitor who writes has three tabs, and
 * accepts no stale session.
 */
export interface Crowd {
  /**
   * Adds writers and visitors who may leave. Two writers have a stored session. The session of a third writer exists
   * nowhere yet.
   *
   * @param then runs before the writers begin.
   */
  join(then?: () => Promise<unknown>): Promise<void>;
  /**
   * A visitor who may leave ends their session before `work`, and another visitor ends theirs while it is under way.
   */
  leaveDuring(work: () => Promise<unknown>): Promise<void>;
  /** Resolves when so many more changes have been acknowledged. */
  progress(changes: number): Promise<void>;
  /** How many changes the journal has taken. */
  journaled(): number;
  /** Ends all writers. */
  stop(): Promise<void>;
  /**
   * The faults after all writers have ended: in the answers that they got, in the sessions that are left, and in ended
   * sessions that are back.
   */
  judge(): Promise<string[]>;
}

const STORED = 2;
const MAY_LEAVE = 8;
const WAIT_MS = 60_000;

/** A crowd without visitors. */
export function createCrowd({ site, shopper }: Stores): Crowd {
  const writers: { readonly client: Client; readonly writer: Writer }[] = [];
  const mayLeave: Client[] = [];
  /** Clients that hold the credentials of visitors whose end was acknowledged. */
  const thieves: Client[] = [];
  const sum = (count: (writer: Writer) => number) => writers.reduce((total, { writer }) => total + count(writer), 0);
  const acknowledged = () => sum((writer) => writer.acknowledged.size);

  async function newcomer(): Promise<Client> {
    const client = site.client();
    await client.ask("/");
    return client;
  }

  async function leave(): Promise<void> {
    const client = mayLeave.pop();
    if (!client) throw new Error("nobody is left who may leave");
    const thief = site.client(withoutMark(client));
    const answer = await client.ask("/?end", { method: "POST" }).catch(() => undefined);
    if (answer?.status === 200) thieves.push(thief);
  }

  async function judgeWriter({ client, writer }: (typeof writers)[number]): Promise<string[]> {
    const own = writer.judge((await answered(client)).told.session);
    // Another client with the same token has no mark, so it does not say that the journal may hold more changes.
    const other = writer.judge((await answered(site.client(withoutMark(client)))).told.session);
    return [...own, ...other.filter((fault) => !own.includes(fault)).map((fault) => `without the mark: ${fault}`)];
  }

  return {
    async join(then = async () => {}) {
      const shoppers = (count: number) => Promise.all(Array.from({ length: count }, () => shopper()));
      mayLeave.push(...(await shoppers(MAY_LEAVE)));
      const clients = [...(await shoppers(STORED)), await newcomer()];
      await then();
      for (const client of clients) writers.push({ client, writer: startWriter(client, "/refuse/") });
    },

    async leaveDuring(work) {
      await leave();
      const leaving = leave();
      await work();
      await leaving;
    },

    async progress(changes) {
      const enough = acknowledged() + changes;
      const endsAt = Date.now() + WAIT_MS;
      while (acknowledged() < enough) {
        if (Date.now() > endsAt) throw new Error(`only ${acknowledged()} of ${enough} changes were acknowledged`);
        await pause(5);
      }
    },

    journaled: () => sum((writer) => writer.journaled()),

    async stop() {
      await Promise.all(writers.map(({ writer }) => writer.stop()));
    },

    async judge() {
      const wrong = (await Promise.all(writers.map(judgeWriter))).flat();
      const shown = await Promise.all(thieves.map(async (thief) => (await answered(thief)).told.session));
      return [...wrong, ...shown.flatMap(({ data }) => (data ? ["an ended session is back"] : []))];
    },
  };
}

/** The session's state by the authority's word. */
async function answered(client: Client) {
  const endsAt = Date.now() + WAIT_MS;
  for (;;) {
    const answer = await client.send("/strict/");
    if (answer.status === 200) return answer;
    if (Date.now() > endsAt) throw new Error(`still ${answer.status}`);
    await pause(20);
  }
}

function withoutMark({ cookies }: Client): [string, string][] {
  return [...cookies].filter(([name]) => !name.startsWith("__Host-moor-mark-"));
}
