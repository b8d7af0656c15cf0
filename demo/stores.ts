import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CommandError } from "../bin/command.ts";
import { withStore } from "../bin/stores/dev-store.ts";
import { STORE_SETUPS } from "../bin/stores/registry.ts";
import type { MoorConfig } from "../src/config/types.ts";
import { cookieOf, type DemoStore, ROW_STORES_SHOWN } from "./protocol.ts";

/** The stores among which a visitor may choose, and the processes behind them. */
export interface DemoStores {
  readonly stores: readonly DemoStore[];
  /** The bindings that lead to them. */
  readonly variables: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** Rows keep no more sessions of one principal. */
const MOST_SESSIONS = 500;

/**
 * Starts every store of sessions that this machine has. A store that does not start is shown with the reason.
 *
 * @param config the configuration with Durable Objects.
 */
export async function startDemoStores(config: MoorConfig): Promise<DemoStores> {
  const started = await Promise.all(
    ROW_STORES_SHOWN.map(async (type) => {
      const given = JSON.stringify(configWith(config, type));
      const local = STORE_SETUPS[type]?.local;
      // Redis runs beside Moor in any case, or Moor says why not.
      if (local === "always" || !local) return { store: { type, config: given }, variables: {}, stop: async () => {} };
      const folder = mkdtempSync(join(tmpdir(), "moor-demo-"));
      const remove = async () => rmSync(folder, { recursive: true, force: true });
      try {
        const { variables, stop } = await local.start(folder);
        return { store: { type, config: given }, variables, stop: () => stop().then(remove) };
      } catch (fault) {
        await remove();
        if (!(fault instanceof CommandError)) throw fault;
        const [reason = ""] = fault.message.split("\n");
        return { store: { type, reason }, variables: {}, stop: async () => {} };
      }
    }),
  );
  return {
    stores: started.map(({ store }) => store),
    variables: Object.assign({}, ...started.map(({ variables }) => variables)),
    async stop() {
      await Promise.all(started.map(({ stop }) => stop()));
    },
  };
}

/** The configuration with a store of rows: without what only Durable Objects can do, and with a cookie of its own. */
function configWith({ login, principals, ...config }: MoorConfig, type: (typeof ROW_STORES_SHOWN)[number]): MoorConfig {
  const { refreshSeconds: _, ...lasting } = login ?? ({} as NonNullable<MoorConfig["login"]>);
  const given: MoorConfig = {
    ...config,
    ...(login && { login: lasting }),
    ...(principals && type !== "memcached" && { principals: { limit: { sessions: MOST_SESSIONS } } }),
    carriers: [{ type: "cookie", name: cookieOf(type) }],
  };
  return withStore(given, type) as MoorConfig;
}
