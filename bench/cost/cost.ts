import { table } from "../table.ts";
import type { Operations } from "./counted-stores.ts";
import { type Played, play, type Workload } from "./play.ts";
import prices from "./prices.json" with { type: "json" };
import workloads from "./workloads.json" with { type: "json" };

/** The cost of a workload in stores, in dollars per million of its requests. */
export interface Cost {
  readonly workload: Workload;
  readonly played: Played;
  readonly moor: number;
  readonly moorWithBackup: number;
  /** A Durable Object is called with each request of a session, written by each change, and cleans up by an alarm. */
  readonly objectEachRequest: number;
  /** KV is read with each request of a session, and written by each change. */
  readonly kvWriteThrough: number;
  /** Redis is asked with each request of a session for the record and for a longer life, and written by each change. */
  readonly redisGetAndTouch: number;
}

/** Plays all workloads and prices them. */
export async function costs(): Promise<Cost[]> {
  const list: Cost[] = [];
  for (const workload of workloads as Workload[]) {
    const played = await play(workload, "off");
    const backedUp = await play(workload, "async");
    const { withSession, changes } = played;
    // Its life besides: an alarm that is set and rings once, and a record that is deleted.
    const life = changes > 0 ? { calls: 1, rows: 2 } : { calls: 0, rows: 0 };
    const objectRequests = withSession + life.calls;
    const each = { objectRequests, rowsRead: objectRequests, rowsWritten: changes + life.rows };
    const perMillion = (operations: Partial<Operations>) => dollars(operations) / played.requests;
    list.push({
      workload,
      played,
      moor: perMillion(played.operations),
      moorWithBackup: perMillion(backedUp.operations),
      objectEachRequest: perMillion(each),
      kvWriteThrough: perMillion({ kvReads: withSession, kvWrites: changes }),
      redisGetAndTouch: perMillion({ redisCommands: 2 * withSession + changes }),
    });
  }
  return list;
}

/** The cost of this many millions of operations. */
function dollars(operations: Partial<Operations>): number {
  const { objectRequests = 0 } = operations;
  const named = Object.entries(operations) as [keyof Operations, number][];
  const sum = named.reduce((total, [name, count]) => total + count * prices[name].price, 0);
  return sum + objectRequests * prices.objectDuration.price;
}

/** The costs as Markdown. */
export function costTable(list: readonly Cost[]): string {
  const rows = list.map(({ workload, played, moor, moorWithBackup, ...others }) => {
    const alternatives = [others.objectEachRequest, others.kvWriteThrough, others.redisGetAndTouch];
    const cheapest = Math.min(...alternatives);
    const share = cheapest === 0 ? "" : `${Math.round((moor / cheapest) * 100)} %`;
    const { objectRequests, rowsWritten, kvReads, kvWrites } = played.operations;
    const counts = [played.requests, played.withSession, objectRequests, rowsWritten, `${kvReads} / ${kvWrites}`].map(
      String,
    );
    return [
      workload.name,
      ...counts,
      ...[moor, moorWithBackup, ...alternatives].map((price) => price.toFixed(3)),
      share,
    ];
  });
  const head = ["workload", "requests", "of a session", "object calls", "rows written", "KV get / put"];
  const priced = ["Moor", "with async backup", "object each request", "KV write-through", "Redis get and touch"];
  return table([...head, ...priced, "Moor of the cheapest"], rows);
}
