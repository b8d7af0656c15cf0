import { describe } from "../../src/settings/mistakes.ts";
import { type AdminClient, createAdminClient } from "../admin-client.ts";
import { type Command, CommandError } from "../command.ts";
import { readFlags } from "../flags.ts";

/** An origin as the admin API shows it; times are milliseconds since 1970. */
interface ShownOrigin {
  readonly id: string;
  readonly state: string;
  readonly since?: number;
  readonly next: readonly { readonly state: string; readonly at: number }[];
  readonly bound?: number;
  readonly probes?: {
    readonly state: string;
    readonly since?: number;
    readonly last?: { readonly result: string; readonly status?: number };
  };
}

interface ShownPool {
  readonly id: string;
  readonly origins: readonly ShownOrigin[];
}

type Changed = ShownOrigin & { readonly pool: string; readonly changed: boolean; readonly published: boolean };

/** `moor pool`: shows the origins of a running Moor, and changes them. */
export const pool: Command = {
  summary: "shows, drains, restores and ejects the origins of a Moor at work",
  usage: `moor pool list [--pool POOL] [--url URL] [--json]
moor pool drain ORIGIN [--pool POOL] [--deadline SECONDS] [--at TIME] [--anyway] [--url URL] [--json]
moor pool restore ORIGIN [--pool POOL] [--at TIME] [--url URL] [--json]
moor pool eject ORIGIN [--pool POOL] [--at TIME] [--anyway] [--url URL] [--json]

Speaks to the admin API of a Moor that runs, deployed or here. The environment variable MOOR_ADMIN_TOKEN holds its token. Every
change takes effect at a named time, two and a half minutes ahead unless --at says another, so that the edge switches as one.

  list             how the origins stand, what is named for them, about how many sessions those that drain still have,
                   and what probes say of them
  drain            keeps its sessions and gets no new ones, until it has none or until the deadline
  restore          gets new sessions again; sessions born before do not come back
  eject            sends all its sessions to the others; --at now does so within a minute or two, not everywhere at once

  --pool POOL         needed if several pools have an origin of that id
  --deadline SECONDS  ends the drain so long after it has begun at the latest
  --at TIME           in UTC, as in 2027-01-01T00:00:00Z
  --anyway            even if that leaves no healthy origin to new sessions, which is refused else
  --url URL           where Moor is. Default: the variable MOOR_URL, else http://localhost:8788, where moor dev is
  --json              prints what the admin API answers`,

  async run([action, ...args]) {
    switch (action) {
      case "list":
        return list(args);
      case "drain":
      case "restore":
      case "eject":
        return change(action, args);
      default: {
        const found = action === undefined ? "no action is given" : `unknown action ${describe(action)}`;
        throw new CommandError("usage", `${found}, accepted: list, drain, restore, eject`);
      }
    }
  },
};

const COMMON = { pool: { type: "string" }, url: { type: "string" }, json: { type: "boolean" } } as const;
const AT = { at: { type: "string" } } as const;
const ANYWAY = { anyway: { type: "boolean" } } as const;
const DEADLINE = { deadline: { type: "string" } } as const;
interface ChangeFlags {
  readonly pool?: string;
  readonly url?: string;
  readonly json?: boolean;
  readonly at?: string;
  readonly deadline?: string;
  readonly anyway?: boolean;
}

const READ_FLAGS: Record<"drain" | "restore" | "eject", (args: readonly string[]) => ChangeFlags> = {
  drain: (args) => readFlags(args, { ...COMMON, ...AT, ...DEADLINE, ...ANYWAY }),
  restore: (args) => readFlags(args, { ...COMMON, ...AT }),
  eject: (args) => readFlags(args, { ...COMMON, ...AT, ...ANYWAY }),
};

async function list(args: readonly string[]): Promise<number> {
  const flags = readFlags(args, COMMON);
  const pools = await poolsOf(createAdminClient(flags.url), flags.pool);
  console.log(flags.json ? JSON.stringify({ pools }, null, 2) : tableOf(pools));
  return 0;
}

async function change(action: "drain" | "restore" | "eject", [origin, ...args]: readonly string[]): Promise<number> {
  if (origin === undefined || origin.startsWith("-")) {
    throw new CommandError("usage", `no origin is given: moor pool ${action} ORIGIN`);
  }
  const flags = READ_FLAGS[action](args);
  const body = {
    ...(flags.at === undefined ? {} : { at: flags.at }),
    ...(flags.deadline === undefined ? {} : { deadlineSeconds: secondsOf(flags.deadline) }),
    ...(flags.anyway === undefined ? {} : { anyway: flags.anyway }),
  };
  const client = createAdminClient(flags.url);
  const found = poolWith(origin, await poolsOf(client, flags.pool));
  const changed = await client.ask<Changed>(`/pools/${found}/origins/${origin}/${action}`, { method: "POST", body });
  if (flags.json) console.log(JSON.stringify(changed, null, 2));
  else console.log(`${changed.pool}/${changed.id}: ${changed.changed ? "" : "is so already; "}${told(changed)}`);
  if (!changed.published)
    console.error("It could not be published yet, and that is tried again; its times may move by as much.");
  return 0;
}

/** All pools, or the named pool. */
async function poolsOf(client: AdminClient, id: string | undefined): Promise<readonly ShownPool[]> {
  const { pools } = await client.ask<{ pools?: ShownPool[] }>("/pools");
  if (!Array.isArray(pools))
    throw new CommandError("unreachable", "there is something else at that address: it does not answer as Moor does");
  if (id === undefined) return pools;
  const named = pools.filter((each) => each.id === id);
  if (named.length > 0) return named;
  throw new CommandError(
    "usage",
    `--pool: found ${describe(id)}, accepted: ${pools.map((each) => each.id).join(", ")}`,
  );
}

function poolWith(origin: string, pools: readonly ShownPool[]): string {
  const having = pools.filter(({ origins }) => origins.some(({ id }) => id === origin));
  const [only, another] = having;
  if (only && !another) return only.id;
  if (only) {
    const ids = having.map(({ id }) => id).join(", ");
    throw new CommandError("usage", `several pools have an origin ${describe(origin)}; say which with --pool: ${ids}`);
  }
  const known = pools.flatMap(({ id, origins }) => origins.map((each) => `${id}/${each.id}`)).join(", ");
  throw new CommandError("usage", `there is no origin ${describe(origin)}; there is ${known}`);
}

function secondsOf(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new CommandError(
    "usage",
    `--deadline: found ${describe(text)}, accepted: a whole number of seconds, 1 or more`,
  );
}

function tableOf(pools: readonly ShownPool[]): string {
  const head = ["POOL", "ORIGIN", "STATE", "SINCE", "BOUND", "PROBES", "NEXT"];
  const rows = pools.flatMap(({ id, origins }) =>
    origins.map(({ id: origin, state, since, bound, probes, next }) => [
      id,
      origin,
      state,
      since === undefined ? "-" : timeOf(since),
      bound === undefined ? "-" : `~${bound}`,
      probes === undefined ? "-" : probesOf(probes),
      next.length === 0 ? "-" : nextOf(next),
    ]),
  );
  const lines = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function probesOf({ state, since, last }: NonNullable<ShownOrigin["probes"]>): string {
  const from = since === undefined ? "" : ` since ${timeOf(since)}`;
  if (!last || last.result === "passed") return state + from;
  return `${state}${from} (${last.result === "status" ? `status ${last.status}` : last.result})`;
}

function told({ state, next }: ShownOrigin): string {
  return next.length === 0 ? state : `${state}; ${nextOf(next)}`;
}

function nextOf(next: ShownOrigin["next"]): string {
  return next.map(({ state, at }) => `${state} from ${timeOf(at)}`).join(", ");
}

function timeOf(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}
