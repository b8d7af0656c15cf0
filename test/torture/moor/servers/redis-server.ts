/** A value of a key: the fields of a hash, or the scores of a sorted set. */
interface Entry {
  readonly fields: ReadonlyMap<string, string>;
  /** In milliseconds since 1970. */
  readonly expiresAt: number;
}

interface Replaced {
  readonly at: number;
  readonly key: string;
  readonly before: Entry | undefined;
}

/** A command of a script, and its reply. A script sees arrays that begin at 1. */
type Call = (name: string, ...args: readonly (string | number)[]) => unknown;

/** A Redis that runs the scripts of rows, and remembers how each key was. */
export interface RedisServer {
  /**
   * Runs a script.
   *
   * @param behindMs the server is a replica, which is so far behind, and refuses to write. Default: it is the primary.
   * @throws Error with the text of Redis' error.
   */
  eval(script: string, keys: readonly string[], args: readonly string[], behindMs?: number): unknown;
  /** A replica has all that was written until now. */
  replicate(): void;
  /** A replica takes over that lacks the writes of the last milliseconds. It has all that was {@link replicate replicated}. */
  failOver(ms: number): void;
}

/** @param now the clock of the server, in milliseconds since 1970. */
export function createRedisServer(now: () => number): RedisServer {
  const entries = new Map<string, Entry>();
  const replaced: Replaced[] = [];
  const compiled = new Map<string, ReturnType<typeof compile>>();

  function put(key: string, entry: Entry | undefined): void {
    if (entry) entries.set(key, entry);
    else entries.delete(key);
  }

  function commandsOf(behindMs: number | undefined): Call {
    const until = now() - (behindMs ?? 0);
    function read(key: string): Entry | undefined {
      const next = behindMs === undefined ? undefined : replaced.find((write) => write.key === key && write.at > until);
      const entry = next ? next.before : entries.get(key);
      return entry && now() < entry.expiresAt ? entry : undefined;
    }
    function write(key: string, change: (fields: Map<string, string>) => void, expiresAt?: number): void {
      const entry = read(key);
      const fields = new Map(entry?.fields);
      change(fields);
      replaced.push({ at: now(), key, before: entries.get(key) });
      const kept = { fields, expiresAt: expiresAt ?? entry?.expiresAt ?? Number.POSITIVE_INFINITY };
      put(key, fields.size > 0 ? kept : undefined);
    }
    const commands: Record<string, (key: string, ...args: string[]) => unknown> = {
      DEL: (key) => write(key, (fields) => fields.clear()),
      HMGET: (key, ...names) => fromOne(names.map((name) => read(key)?.fields.get(name))),
      HSET: (key, ...pairs) => write(key, (fields) => setAll(fields, pairs)),
      PEXPIREAT: (key, at) => read(key) && write(key, () => {}, Number(at)),
      ZADD: (key, score, member) => write(key, (fields) => setAll(fields, [member ?? "", score ?? ""])),
      ZREM: (key, member) => write(key, (fields) => fields.delete(member ?? "")),
      ZRANGEBYSCORE(key, _from, most, ...options) {
        const due = [...(read(key)?.fields ?? [])].filter(([, score]) => Number(score) <= Number(most));
        const first = due.sort(([, one], [, other]) => Number(one) - Number(other));
        return first.slice(0, Number(options.at(-1))).flat();
      },
      INFO: () => "connected_slaves:1",
    };
    return (name, ...args) => {
      if (name === "TIME") return fromOne([String(Math.floor(now() / 1000)), String((now() % 1000) * 1000)]);
      const command = commands[name];
      if (!command) throw new Error(`ERR unknown command ${name}`);
      if (behindMs !== undefined && ["DEL", "HSET", "PEXPIREAT", "ZADD", "ZREM"].includes(name)) {
        throw new Error("READONLY You can't write against a read only replica.");
      }
      const [key = "", ...rest] = args.map(String);
      return command(key, ...rest);
    };
  }

  let replicatedAt = Number.NEGATIVE_INFINITY;
  return {
    eval(script, keys, args, behindMs) {
      const run = compiled.get(script) ?? compile(script);
      compiled.set(script, run);
      return run({ call: commandsOf(behindMs) }, fromOne(keys), fromOne(args));
    },
    replicate() {
      replicatedAt = now();
    },
    failOver(ms) {
      const until = Math.max(now() - ms, replicatedAt);
      for (let last = replaced.at(-1); last && last.at > until; last = replaced.at(-1)) {
        replaced.pop();
        put(last.key, last.before);
      }
    },
  };
}

function setAll(fields: Map<string, string>, pairs: readonly string[]): void {
  for (let at = 0; at < pairs.length; at += 2) fields.set(pairs[at] as string, pairs[at + 1] as string);
}

/** An array as Lua counts it. */
function fromOne<T>(values: readonly T[]): (T | undefined)[] {
  return [undefined, ...values];
}

const LUA = {
  tonumber: Number,
  math: { floor: Math.floor },
  string: {
    format: (_form: string, value: number) => value.toFixed(0),
    match: (text: string, pattern: string) => new RegExp(pattern.replaceAll("%d", "\\d")).exec(text)?.[1],
  },
};

/** Words of Lua, with those that JavaScript has for the same. The scripts of rows have no others. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/\blocal (\w+) = /g, "; const $1 = "],
  [/\bif (.*?) then\b/g, "if ($1) {"],
  [/\belse\b/g, "} else {"],
  [/\bend\b/g, "}"],
  [/\{([^{}\n]*,[^{}\n]*|'\w+')\}/g, "[$1]"],
  [/~=/g, "!=="],
  [/ == /g, " === "],
  [/ or /g, " || "],
  [/ and /g, " && "],
];

/** A script of Lua as a function of JavaScript. */
function compile(script: string): (redis: { call: Call }, keys: unknown[], args: unknown[]) => unknown {
  const source = WORDS.reduce((text, [lua, javascript]) => text.replace(lua, javascript), script);
  const run = new Function("redis", "KEYS", "ARGV", ...Object.keys(LUA), source);
  return (redis, keys, args) => run(redis, keys, args, ...Object.values(LUA));
}
