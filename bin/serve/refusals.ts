import type { ResolvedConfig } from "../../src/config/resolved.ts";
import type { Warning } from "../../src/config/warnings.ts";
import { hostName } from "../../src/settings/grammar.ts";
import { describe, type Mistake } from "../../src/settings/mistakes.ts";
import { storesWith } from "../stores/registry.ts";

const NO_OBJECTS = "outside Cloudflare there are no Durable Objects";

/** The settings that `moor serve` cannot keep, with the reason. It refuses them rather than keep them by halves. */
export function serveMistakes(config: ResolvedConfig): Mistake[] {
  const { stores, trustedProxies, admin, traces } = config;
  const mistakes: Mistake[] = [];
  const refuse = (path: string, found: string, accepted: string) => mistakes.push({ path, found, accepted });

  const { type } = stores.authority;
  const shared = storesWith(({ served }) => served !== undefined);
  if (!shared.some((one) => one === type)) {
    const accepted = `${shared.map((one) => JSON.stringify(one)).join(" or ")}: processes share nothing else`;
    refuse("stores.authority", describe(type), accepted);
  }
  if (stores.replicate === "always")
    refuse("stores.replicate", '"always"', '"travel" or "off": there is no KV outside Cloudflare');
  if (trustedProxies.length === 0)
    refuse(
      "trustedProxies",
      "nothing",
      "the addresses of the proxies that end TLS: only they may tell the scheme, the host and the client",
    );
  if (traces) refuse("traces", describe(traces), "nothing: traces are Cloudflare's");
  for (const [at, pool] of config.pools.entries()) mistakes.push(...poolMistakes(pool, `pools[${at}]`));
  if (admin) {
    for (const name of ["console", "webhook", "access", "roles", "host"] as const) {
      if (!admin[name]) continue;
      const accepted =
        name === "host" ? "nothing: the admin API has a socket of its own" : `nothing: ${ADMIN_REASONS[name]}`;
      refuse(`admin.${name}`, describe(admin[name]), accepted);
    }
  }
  return mistakes;
}

const ADMIN_REASONS = {
  console: `its pages show totals of the site, which pools' objects add up, and ${NO_OBJECTS}`,
  webhook: `the object of a pool sends it, and ${NO_OBJECTS}`,
  access: "Cloudflare Access does not stand before the admin socket",
  roles: "they open the console, which needs Durable Objects",
};

function poolMistakes(pool: ResolvedConfig["pools"][number], path: string): Mistake[] {
  const mistakes: Mistake[] = [];
  if (pool.host === "client") {
    const accepted = '"origin": plain workerd would connect to whatever host the visitor names';
    mistakes.push({ path: `${path}.host`, found: '"client"', accepted });
  }
  for (const [nth, { service }] of pool.origins.entries()) {
    if (service === undefined) continue;
    const accepted = "nothing: there are no service bindings outside Cloudflare";
    mistakes.push({ path: `${path}.origins[${nth}].service`, found: describe(service), accepted });
  }
  return mistakes;
}

/** How many sessions the whole site may found in a minute, unless a flag says otherwise. */
export const NEW_SESSIONS_PER_MINUTE = 6_000;
/** A row of a small session in Redis, with what Redis adds. */
const ROW_BYTES = 1_000;

/** What a site gives up without Cloudflare, a sentence each. */
export function serveWarnings(config: ResolvedConfig): Warning[] {
  const { pools, log, stores, admin } = config;
  const warnings: Warning[] = [
    {
      path: "",
      text: "without Cloudflare: no places near visitors, so every request takes the whole distance to this site",
    },
    {
      path: "",
      text: "without Cloudflare: nothing stands against floods, slow clients and large requests but your own proxies",
    },
  ];
  const warn = (path: string, text: string) => warnings.push({ path, text });
  const rows = NEW_SESSIONS_PER_MINUTE * 60 * config.session.newSessionHours;
  warn(
    "session.newSessionHours",
    `a flood can fill the store with ${rows.toLocaleString("en")} new sessions, about ${Math.ceil((rows * ROW_BYTES) / 1e9)} GB, before the first is freed: give it that much room, or lower --new-sessions-per-minute`,
  );
  if (stores.replicate === "travel")
    warn("stores.replicate", "there is no KV, so no session has a replica near a traveller");
  for (const [at, { origins, healthCheck }] of pools.entries()) {
    if (healthCheck)
      warn(
        `pools[${at}].healthCheck`,
        "one process probes for all: if its own way to an origin is cut, every process leaves that origin",
      );
    const nth = origins.findIndex(({ region }) => region !== undefined);
    if (nth >= 0)
      warn(`pools[${at}].origins[${nth}].region`, "the place of a visitor is not known, so regions have no effect");
  }
  if (log.country) warn("log.country", "the country of a visitor is not known, so the field is absent");
  if (admin) warn("admin", "metrics are those of one process, and the last 200 actions on each pool are kept");
  return warnings;
}

/** The hosts that a site serves: that of its address, and those of its routes. */
export function hostsOf({ routes }: ResolvedConfig, issuer: string, more: readonly string[]): string[] {
  const named = routes.flatMap(({ host }) => host ?? []);
  return [...new Set([new URL(issuer).host, ...named, ...more])];
}

/** Whether a text names a host that `--host` may add. */
export function isServedHost(text: string): boolean {
  const [name = "", port, ...rest] = text.split(":");
  return rest.length === 0 && hostName.accepts(name) && (port === undefined || /^\d{1,5}$/.test(port));
}
