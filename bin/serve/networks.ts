import { lookup } from "node:dns/promises";
import { loginsOf } from "../../src/config/logins.ts";
import type { ResolvedConfig } from "../../src/config/resolved.ts";
import { bindingOf } from "../../src/serve/origin-services.ts";
import { CommandError } from "../command.ts";

/** A network service of workerd: the only addresses to which it connects. */
export interface NetworkService {
  readonly name: string;
  /** CIDR blocks, and `public`. */
  readonly allow: readonly string[];
}

/** The ways out of the Worker. */
export interface Networks {
  readonly services: readonly NetworkService[];
  /** The service behind each binding of an origin. */
  readonly bindings: Readonly<Record<string, string>>;
}

/** The service for stores, and for the provider of logins. */
export const OUTBOUND = "outbound";

/**
 * Works out the ways out of the Worker: one service for each address of an origin, and one that leads to the stores. A name is looked up
 * once, at the start.
 *
 * @param storeHosts the hosts of the store of sessions, and of old applications' stores.
 * @throws CommandError of code `config`, if a name has no address.
 */
export async function networksFor(config: ResolvedConfig, storeHosts: readonly string[]): Promise<Networks> {
  const { pools } = config;
  const services = new Map<string, NetworkService>();
  const bindings: Record<string, string> = {};
  for (const [at, pool] of pools.entries()) {
    for (const [nth, { url }] of pool.origins.entries()) {
      const allow = await addressesOf(new URL(url).hostname, `pools[${at}].origins[${nth}].url`);
      const name = `origin ${allow.join(" ")}`;
      services.set(name, { name, allow });
      bindings[bindingOf(at, nth)] = name;
    }
  }
  const stores = await Promise.all(storeHosts.map((host) => addressesOf(host, "the address of a store")));
  const issuers = loginsOf(config).map(({ issuer }) => addressesOf(new URL(issuer).hostname, `the issuer ${issuer}`));
  const providers = (await Promise.all(issuers)).flat();
  const elsewhere = providers.length > 0 ? [...providers, "public"] : [];
  services.set(OUTBOUND, { name: OUTBOUND, allow: [...new Set([...stores.flat(), ...elsewhere])] });
  return { services: [...services.values()], bindings };
}

async function addressesOf(host: string, path: string): Promise<string[]> {
  const name = host.replace(/^\[|\]$/g, "");
  try {
    const found = await lookup(name, { all: true });
    return found.map(({ address, family }) => `${address}/${family === 4 ? 32 : 128}`).sort();
  } catch (cause) {
    const { code = "unknown" } = cause as { code?: string };
    const accepted = "an address, or a name that this machine can look up now";
    throw new CommandError(
      "config",
      `${path}: found ${name}, which has no address here (${code}), accepted: ${accepted}`,
      {
        cause,
      },
    );
  }
}
