import { poolsWithSessions } from "../../src/config/defaults.ts";
import type { PoolRights, ResolvedConfig } from "../../src/config/resolved.ts";
import type { Warning } from "../../src/config/warnings.ts";
import { ADMIN_TOKEN } from "../admin-secret.ts";
import { type Command, CommandError } from "../command.ts";
import { type ConfigFile, readConfigFile, requireValid } from "../config-file.ts";
import { readFlags } from "../flags.ts";
import { serveMistakes, serveWarnings } from "../serve/refusals.ts";
import { auditWarnings } from "../stores/audit.ts";
import { readSettings } from "../wrangler.ts";

/** `moor check`: validates the configuration and prints the result. */
export const check: Command = {
  summary: "validates the configuration",
  usage: `moor check [--config FILE] [--deploy | --serve] [--json]

Validates the configuration and prints its pools, with the rights of their origins over sessions, and its routes. If it is
invalid, every mistake is printed on stderr, a line each, and the exit code is 2. A valid configuration may have warnings, a
line each on stderr: settings whose effect may surprise.

  --config FILE   default: moor.config.ts
  --deploy        also refuses what a deployed Worker cannot reach: origins by IP address or on localhost; admins without a secret;
                  and a wrangler.toml that leaves out what the configuration uses. Asks the store of stores.authority, or the
                  fallback, for its settings, if the environment has its secrets, and warns of what they give up. Warns of traces that
                  wrangler.toml does not turn on
  --serve         also refuses what moor serve cannot keep, and says in words what is given up without Cloudflare. Asks the store of
                  stores.authority for its settings, if the environment has its secrets
  --json          prints { "ok": true, "config": …, "warnings": [{ path, text }] } or { "ok": false, "mistakes": [{ path, found, accepted }] } on stdout`,

  async run(args) {
    const flags = readFlags(args, {
      config: { type: "string" },
      deploy: { type: "boolean" },
      serve: { type: "boolean" },
      json: { type: "boolean" },
    });
    const { deploy = false, serve = false } = flags;
    if (deploy && serve) throw new CommandError("usage", "either --deploy or --serve, not both");
    const found = forServe(await readConfigFile(flags.config, { deploy }), serve);
    const audited = found.kind === "ok" && (deploy || serve) ? await auditOf(found.config, serve) : [];
    const read = found.kind === "ok" ? { ...found, warnings: [...found.warnings, ...audited] } : found;
    if (flags.json) {
      const report =
        read.kind === "ok"
          ? { ok: true, config: read.config, warnings: read.warnings }
          : { ok: false, mistakes: read.mistakes };
      console.log(JSON.stringify(report, null, 2));
      return read.kind === "ok" ? 0 : 2;
    }
    console.log(summaryOf(read.file, requireValid(read)));
    return 0;
  },
};

type RateLimits = readonly {
  readonly name: string;
  readonly simple: { readonly limit: number; readonly period: number };
}[];

/** The warnings of the store, and of a limit of foundings that `wrangler.toml` lacks. */
async function auditOf(config: ResolvedConfig, serve: boolean): Promise<Warning[]> {
  if (serve || config.stores.authority.type === "object") return auditWarnings(config, process.env);
  const { ratelimits }: { ratelimits: RateLimits } = await readSettings();
  const limit = ratelimits.find(({ name }) => name === "SITE_FOUNDING_LIMIT")?.simple;
  const text =
    "wrangler.toml has no rate limiter SITE_FOUNDING_LIMIT, and such a Worker answers nothing: add it, as in Moor's own";
  const missing = limit ? [] : [{ path: "stores.authority", text }];
  return [...missing, ...(await auditWarnings(config, process.env, limit && (limit.limit * 60) / limit.period))];
}

/** The file with what `moor serve` says of its configuration. */
function forServe(read: ConfigFile, serve: boolean): ConfigFile {
  if (!serve || read.kind === "invalid") return read;
  const { file, files, config, warnings } = read;
  const mistakes = serveMistakes(config);
  return mistakes.length > 0
    ? { kind: "invalid", file, files, mistakes }
    : { ...read, warnings: [...warnings, ...serveWarnings(config)] };
}

const RIGHTS = { patch: "patch", principal: "principal (log in, rotate)", end: "end" } as const;

function rightsLine({ may, see, write }: PoolRights): string {
  const rights = may.length > 0 ? may.map((right) => RIGHTS[right]).join(", ") : "change nothing";
  const named = (names: true | readonly string[]) => (names === true ? "all" : names.join(", ") || "none");
  return `origins may ${rights}; see attributes: ${named(see)}; write: ${named(write)}`;
}

/** The carriers, and a suggestion if clients that keep no cookies would meet another origin with each request. */
function carrierLines({ carriers, pools, routes }: ResolvedConfig): string[] {
  const names = carriers.map(({ type, ...settings }) => ("name" in settings ? `${type} ${settings.name}` : type));
  const line = `carriers: ${names.join(", ")}`;
  const withSessions = poolsWithSessions(routes);
  const changing = pools.find(
    ({ id, origins, hashPolicy }) =>
      withSessions.has(id) &&
      origins.filter(({ backup }) => !backup).length > 1 &&
      hashPolicy.every(({ type }) => type === "session-id"),
  );
  if (!changing || carriers.some(({ type }) => type === "header")) return [line];
  return [
    line,
    `  a program that keeps no cookies may meet another origin of ${changing.id} with each request; to give it a token, add`,
    '  { type: "header" } to carriers: docs/guide/socket-io.md#programs-without-cookies',
  ];
}

function summaryOf(file: string, config: ResolvedConfig): string {
  const lines = [`${file} is valid`];
  const withSessions = poolsWithSessions(config.routes);
  for (const pool of config.pools) {
    lines.push(`pool ${pool.id}`);
    lines.push(
      `  ${withSessions.has(pool.id) ? rightsLine(pool.session) : "has no sessions: no route with sessions leads here"}`,
    );
    for (const { id, url, weight, down, backup } of pool.origins) {
      lines.push(`  origin ${id} ${url} weight ${weight}${down ? ", down" : ""}${backup ? ", backup" : ""}`);
    }
  }
  for (const { host, path, methods, headers, pool, session } of config.routes) {
    const conditions = [...(methods ?? []), ...headers.map(({ name, value }) => `${name}: ${value ?? "any"}`)];
    const sides = pool.length > 1 ? pool.map(({ id, weight }) => `${id} (${weight})`) : pool.map(({ id }) => id);
    const when = conditions.length > 0 ? ` with ${conditions.join(", ")}` : "";
    lines.push(
      `route ${host ?? "any host"} ${path}${when} to ${sides.join(", ")}${session ? "" : ", without session"}`,
    );
  }
  lines.push(...carrierLines(config));
  const { admin } = config;
  if (admin) {
    const by = [...(admin.access ? [`Cloudflare Access (${admin.access.team})`] : []), `the secret ${ADMIN_TOKEN}`];
    lines.push(`admin at ${admin.host ?? "any host"}, by ${by.join(" or ")}`);
  }
  return lines.join("\n");
}
