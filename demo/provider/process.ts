import { type ChildProcess, fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { exportJWK, generateKeyPair } from "jose";
import { freePort } from "../../bin/port.ts";
import type { Switched } from "../process-switch.ts";
import type { Begin, FromProvider, Row, Setup, TokenUse } from "./messages.ts";

/** The process of the provider. Its rows and keys outlive it, as those of a real provider do in its database. */
export interface ProviderProcess extends Switched {
  /** Where it answers: `http://127.0.0.1:PORT`. */
  readonly address: string;
  readonly clientSecret: string;
  /** The latest visits of Moor, in order; at most 200. */
  tokenUses(): readonly TokenUse[];
  /** Ends the process for good, even while it starts. */
  close(): Promise<void>;
}

const MOST_USES = 200;
const program = fileURLToPath(new URL("./provider.ts", import.meta.url));

/**
 * Makes the provider, on a free port of loopback. `restart` starts its process.
 *
 * @param options.shopUrls the addresses at which visitors see the shop.
 * @param options.log takes a line for the terminal.
 */
export async function createProviderProcess(options: {
  shopUrls: readonly string[];
  log: (line: string) => void;
}): Promise<ProviderProcess> {
  const { shopUrls, log } = options;
  const { privateKey } = await generateKeyPair("ES256", { extractable: true });
  const setup: Setup = {
    port: await freePort(0),
    clientSecret: randomBytes(32).toString("base64url"),
    shopUrls,
    key: { ...(await exportJWK(privateKey)), kid: "demo", alg: "ES256", use: "sig" },
    cookieKey: randomBytes(32).toString("base64url"),
  };
  const rows = new Map<string, Row>();
  const uses: TokenUse[] = [];
  let child: ChildProcess | undefined;
  let isClosed = false;

  function note(message: FromProvider): void {
    if (message.kind === "row" && message.row) rows.set(message.key, message.row);
    else if (message.kind === "row") rows.delete(message.key);
    else if (message.kind === "tokens") uses.splice(0, uses.length, ...[...uses, message.use].slice(-MOST_USES));
  }

  async function kill(): Promise<void> {
    const running = child;
    if (!running) return;
    child = undefined;
    const exit = once(running, "exit");
    running.kill("SIGKILL");
    await exit;
  }

  return {
    address: `http://127.0.0.1:${setup.port}`,
    clientSecret: setup.clientSecret,
    tokenUses: () => uses,
    kill,
    async restart() {
      if (isClosed || child) return;
      const started = fork(program, [], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
      child = started;
      started.on("message", note);
      started.once("exit", (code, signal) => {
        if (child !== started) return;
        child = undefined;
        log(`died by itself (${signal ?? `exit code ${code}`})`);
      });
      const early = once(started, "exit").then(() =>
        Promise.reject(new Error("the provider ended before it answered")),
      );
      const now = Date.now();
      const isAlive = ([, { expiresAt = now + 1 }]: [string, Row]) => expiresAt > now;
      started.send({ setup, rows: [...rows].filter(isAlive) } satisfies Begin);
      const isListening = new Promise<void>((resolve) => {
        started.on("message", ({ kind }: FromProvider) => kind === "listening" && resolve());
      });
      await Promise.race([isListening, early]);
    },
    async close() {
      isClosed = true;
      await kill();
    },
  };
}
