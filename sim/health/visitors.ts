import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "../../test/support/node/client.ts";

type Method = "GET" | "POST";

/** The result of a request. */
export interface Visit {
  readonly visitor: Visitor;
  readonly method: Method;
  /** 0: no answer came. */
  readonly status: number;
  /** The origin that has served the request; empty if no origin has. */
  readonly by: string;
  readonly tookMs: number;
}

/** A visitor with a browser of their own: its cookies name the session to every front. */
export class Visitor {
  /** The origin that served the visitor first; empty until then. */
  home = "";
  readonly #client: Client;

  constructor(port: number, name: string) {
    this.#client = new Client(port, [["sid", name]]);
  }

  /** Sends a request. A request that fails is an outcome here. */
  async ask(path = "/", method: Method = "GET", headers: Record<string, string> = {}): Promise<Visit> {
    const begunAt = performance.now();
    const body = method === "POST" ? { body: "x" } : {};
    const { status, text } = await this.#client
      .ask(path, { method, headers, ...body })
      .catch(() => ({ status: 0, text: "" }));
    return { visitor: this, method, status, by: status === 200 ? text : "", tookMs: performance.now() - begunAt };
  }

  /** Comes twice, as a session is stored with its second request at the earliest, and notes who serves it. */
  async settle(): Promise<this> {
    await this.ask();
    this.home = (await this.ask()).by;
    return this;
  }

  close(): void {
    this.#client.close();
  }
}

/** Each visitor asks once, one after the other. */
export async function inTurn(visitors: readonly Visitor[], methodOf: (nth: number) => Method = get): Promise<Visit[]> {
  const visits: Visit[] = [];
  for (const [nth, visitor] of visitors.entries()) visits.push(await visitor.ask("/", methodOf(nth)));
  return visits;
}

/** All visitors ask at the same time. */
export function atOnce(visitors: readonly Visitor[], method: Method = "GET"): Promise<Visit[]> {
  return Promise.all(visitors.map((visitor) => visitor.ask("/", method)));
}

/** All visitors ask at the same time, again and again with a pause, for a while. */
export async function inRounds(visitors: readonly Visitor[], forMs: number, pauseMs: number): Promise<Visit[]> {
  const visits: Visit[] = [];
  for (const endsAt = performance.now() + forMs; performance.now() < endsAt; await sleep(pauseMs)) {
    visits.push(...(await atOnce(visitors)));
  }
  return visits;
}

/** How visitors go about it who come and go on their own. */
export interface Roaming {
  readonly forMs: number;
  /** The pause of the visitor after each answer. */
  readonly pauseMs: (nth: number) => number;
  /** Every nth request of a visitor is a POST: 1 for all requests, `Infinity` for none. */
  readonly postEvery: number;
}

/** Each visitor asks again and again at a pace of their own. */
export async function roam(visitors: readonly Visitor[], { forMs, pauseMs, postEvery }: Roaming): Promise<Visit[]> {
  const endsAt = performance.now() + forMs;
  const each = visitors.map(async (visitor, nth) => {
    const visits: Visit[] = [];
    await sleep(nth * 7);
    for (let request = nth + 1; performance.now() < endsAt; request++) {
      visits.push(await visitor.ask("/", request % postEvery === 0 ? "POST" : "GET"));
      await sleep(pauseMs(nth));
    }
    return visits;
  });
  return (await Promise.all(each)).flat();
}

/** How many requests were not served. */
export function refused(visits: readonly Visit[], method?: Method): number {
  return visits.filter((visit) => visit.status !== 200 && (method ?? visit.method) === visit.method).length;
}

/** How many requests were served by another origin than the visitor's own. */
export function moved(visits: readonly Visit[]): number {
  return visits.filter(({ status, by, visitor }) => status === 200 && by !== visitor.home).length;
}

/** How long the slowest took, in whole milliseconds. */
export function slowestMs(visits: readonly Visit[]): number {
  return Math.round(Math.max(0, ...visits.map(({ tookMs }) => tookMs)));
}

function get(): Method {
  return "GET";
}
