import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { RunningOrigin } from "../../test/support/node/origins.ts";
import { freePort } from "../../test/support/node/ports.ts";
import { testKeys } from "../../test/support/node/test-keys.ts";
import { COMPATIBILITY_DATE, STORED } from "../../test/support/node/workerd-config.ts";
import { type RunningWorker, type StartOptions, startWorkerd } from "../http/workerd.ts";

/** The link between a Worker and its stores; see `workers/watched-stores.ts`. */
export interface Link {
  /** Calls so far, by name. */
  calls(): Promise<Record<string, number>>;
  /** Whether calls are rejected from now on. */
  setCut(isCut: boolean): Promise<void>;
}

/** The link that listens on a port. */
export function linkAt(port: number): Link {
  const ask = async (init?: RequestInit) => {
    const response = await fetch(`http://127.0.0.1:${port}/`, init);
    return (await response.json()) as Record<string, number>;
  };
  return {
    calls: () => ask(),
    setCut: async (isCut) => void (await ask({ method: "PUT", body: isCut ? "cut" : "whole" })),
  };
}

/** Starts a Worker with hono on a plain workerd, its sessions in KV or in objects. */
export async function startHono(
  files: { readonly worker: string; readonly platform: string },
  sessions: "KV" | "objects",
  origins: readonly RunningOrigin[],
  options: StartOptions = {},
): Promise<RunningWorker & { readonly link: Link }> {
  const [port, linkPort] = [await freePort(), await freePort()];
  const [keys, worker, around] = await Promise.all([testKeys(), moduleOf(files.worker), moduleOf(files.platform)]);
  const text = (folder: string) => `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "worker", worker = (
      ${worker},
      durableObjectNamespaces = [(className = "SessionObject", uniqueKey = "session", enableSql = true)],
      durableObjectStorage = (localDisk = "${STORED.objects}"),
      bindings = [
        (name = "MOOR_TOKEN_KEYS", text = "${keys.token}"),
        (name = "MOOR_STORE_KEYS", text = "${keys.store}"),
        (name = "AUTH_SECRET", text = "${"0123456789abcdef".repeat(4)}"),
        (name = "ORIGINS", text = ${JSON.stringify(JSON.stringify(origins.map(({ url }) => url)))}),
        (name = "SESSION_OBJECT", durableObjectNamespace = "SessionObject"),
        ${sessions === "KV" ? '(name = "SESSION_KV", kvNamespace = "platform"),' : ""}
      ],
    )),
    (name = "platform", worker = (
      ${around},
      compatibilityFlags = ["service_binding_extra_handlers"],
      durableObjectNamespaces = [(className = "Namespace", uniqueKey = "namespace", enableSql = true)],
      durableObjectStorage = (localDisk = "${STORED.replicas}"),
      bindings = [
        (name = "NAMESPACE", durableObjectNamespace = "Namespace"),
        (name = "WORKER", service = "worker"),
      ],
    )),
    (name = "${STORED.objects}", disk = (path = "${join(folder, STORED.objects)}", writable = true)),
    (name = "${STORED.replicas}", disk = (path = "${join(folder, STORED.replicas)}", writable = true)),
    (name = "internet", network = (allow = ["public", "private"])),
  ],
  sockets = [
    (name = "http", address = "127.0.0.1:${port}", service = "worker", http = (forwardedProtoHeader = "X-Forwarded-Proto")),
    (name = "link", address = "127.0.0.1:${linkPort}", service = (name = "worker", entrypoint = "Link"), http = ()),
  ],
);
`;
  return { ...(await startWorkerd(port, "/", text, options)), link: linkAt(linkPort) };
}

async function moduleOf(file: string): Promise<string> {
  const script = JSON.stringify(await readFile(file, "utf8"));
  return `modules = [(name = "worker.js", esModule = ${script})], compatibilityDate = "${COMPATIBILITY_DATE}"`;
}
