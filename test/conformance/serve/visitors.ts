import { Agent, request } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { SERVED_ISSUER } from "../../support/node/served.ts";

/** A visitor who loads pages and changes their session, one request after the other. */
export interface Visitor {
  /** Requests that were answered as they should be. */
  readonly served: { pages: number; changes: number };
  /** Everything that the visitor has noticed. */
  readonly noticed: string[];
  /** Changes that failed. Each may have taken effect. */
  readonly failedChanges: string[];
  /** The longest time that a request took, in milliseconds. */
  slowestMs: number;
  /** Ends after the request that is under way, and looks at the session once more. */
  leave(): Promise<void>;
}

interface Page {
  readonly status: number;
  readonly sid?: string;
  readonly data: Readonly<Record<string, number>>;
  /** The beginning of an answer that is no page. */
  readonly text?: string;
}

const PAUSE_MS = 20;

/** Begins a visit at a proxy of this port. */
export function visit(port: number, address: string): Visitor {
  // A proxy that loads its configuration anew ends idle connections. A browser then asks again, and this client would not.
  const agent = new Agent({ keepAlive: false, rejectUnauthorized: false });
  const cookies = new Map<string, string>();
  const acknowledged = new Map<string, number>();
  const spoiled = new Set<string>();
  let sid: string | undefined;
  let isLeaving = false;
  const visitor = {
    served: { pages: 0, changes: 0 },
    noticed: [] as string[],
    failedChanges: [] as string[],
    slowestMs: 0,
  };

  async function send(
    method: "GET" | "POST",
    path: string,
  ): Promise<Page | { readonly status: "lost"; readonly reason: string }> {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const beganAt = Date.now();
    try {
      return await new Promise((resolve, reject) => {
        const headers = { Host: new URL(SERVED_ISSUER).host, ...(cookie && { Cookie: cookie }), "Content-Length": 0 };
        const sent = request(
          { host: address, port, servername: "shop.test", method, path, headers, agent },
          async (answer) => {
            try {
              for (const line of answer.headers["set-cookie"] ?? []) {
                const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
                cookies.set(name, value);
              }
              const text = Buffer.concat(await answer.toArray()).toString("utf8");
              const status = answer.statusCode ?? 0;
              resolve(
                status === 200 ? { status, ...(JSON.parse(text) as Omit<Page, "status">) } : { status, data: {} },
              );
            } catch (fault) {
              reject(fault);
            }
          },
        );
        sent.on("error", reject).end();
      });
    } catch (fault) {
      return { status: "lost", reason: String(fault) };
    } finally {
      visitor.slowestMs = Math.max(visitor.slowestMs, Date.now() - beganAt);
    }
  }

  async function look(): Promise<void> {
    const page = await send("GET", "/");
    if (page.status !== 200) return void visitor.noticed.push(`a page: ${JSON.stringify(page)}`);
    visitor.served.pages += 1;
    if (acknowledged.size > 0) {
      if (page.sid !== sid) visitor.noticed.push(`another session: ${page.sid} after ${sid}`);
      for (const [name, value] of acknowledged)
        if (page.data[name] !== value)
          visitor.noticed.push(`a lost change: ${name} is ${page.data[name]} and not ${value}`);
    }
  }

  async function change(nth: number): Promise<void> {
    const name = `n${nth % 20}`;
    const answer = await send("POST", `/change?${name}=${nth}`);
    if (answer.status !== 200) {
      visitor.failedChanges.push(JSON.stringify(answer));
      // The change may be there, or may come when the machine is back, so its name is judged no more.
      acknowledged.delete(name);
      spoiled.add(name);
      return;
    }
    visitor.served.changes += 1;
    if (!spoiled.has(name)) acknowledged.set(name, nth);
    sid ??= ((await send("GET", "/")) as Page).sid;
  }

  const visiting = (async () => {
    for (let nth = 1; !isLeaving; nth++) {
      await change(nth);
      await look();
      await sleep(PAUSE_MS);
    }
    await look();
    agent.destroy();
  })();
  return Object.assign(visitor, {
    async leave() {
      isLeaving = true;
      await visiting;
    },
  });
}
