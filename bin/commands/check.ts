import type { ResolvedConfig } from "../../src/config/resolved.ts";
import { ADMIN_TOKEN } from "../admin-secret.ts";
import type { Command } from "../command.ts";
import { readConfigFile, requireValid } from "../config-file.ts";
import { readFlags } from "../flags.ts";

/** `moor check`: validates the configuration and prints the result. */
export const check: Command = {
  summary: "validates the configuration",
  usage: `moor check [--config FILE] [--deploy] [--json]

Validates the configuration and prints its pools and routes. If it is invalid, every mistake is printed on stderr, a line
each, and the exit code is 2.

  --config FILE   default: moor.config.ts
  --deploy        also refuses what a deployed Worker cannot reach: origins by IP address or on localhost; admins without a secret;
                  and a wrangler.toml that leaves out what the configuration uses
  --json          prints { "ok": true, "config": … } or { "ok": false, "mistakes": [{ path, found, accepted }] } on stdout`,

  async run(args) {
    const flags = readFlags(args, {
      config: { type: "string" },
      deploy: { type: "boolean" },
      json: { type: "boolean" },
    });
    const read = await readConfigFile(flags.config, { deploy: flags.deploy ?? false });
    if (flags.json) {
      const report = read.kind === "ok" ? { ok: true, config: read.config } : { ok: false, mistakes: read.mistakes };
      console.log(JSON.stringify(report, null, 2));
      return read.kind === "ok" ? 0 : 2;
    }
    console.log(summaryOf(read.file, requireValid(read)));
    return 0;
  },
};

function summaryOf(file: string, config: ResolvedConfig): string {
  const lines = [`${file} is valid`];
  for (const pool of config.pools) {
    lines.push(`pool ${pool.id}`);
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
  const { admin } = config;
  if (admin) {
    const by = [...(admin.access ? [`Cloudflare Access (${admin.access.team})`] : []), `the secret ${ADMIN_TOKEN}`];
    lines.push(`admin at ${admin.host ?? "any host"}, by ${by.join(" or ")}`);
  }
  return lines.join("\n");
}
