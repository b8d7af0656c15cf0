import type { NetworkService } from "./networks.ts";
import { OUTBOUND } from "./networks.ts";

/** The compatibility date of `wrangler.toml`. */
const COMPATIBILITY_DATE = "2026-10-23";

/** What workerd runs. No secret is in it: workerd reads secrets from its environment. */
export interface ServerDescription {
  /** The file of the Worker, beside the configuration. */
  readonly module: string;
  /** Bindings whose values are in the environment of workerd. */
  readonly fromEnvironment: readonly string[];
  readonly texts: Readonly<Record<string, string>>;
  /** The service behind each binding. */
  readonly bindings: Readonly<Record<string, string>>;
  readonly networks: readonly NetworkService[];
  /** The entrypoint behind each socket. workerd gets the open sockets by their names. */
  readonly sockets: Readonly<Record<string, string>>;
  /** The path of the Unix socket for the command's orders. */
  readonly control: string;
  /** Further certificates that https and the store may show: PEM. */
  readonly certificates: readonly string[];
}

/** A configuration of workerd in Cap'n Proto's text form: https://github.com/cloudflare/workerd/blob/main/src/workerd/server/workerd.capnp */
export function capnpOf(server: ServerDescription): string {
  const tls = `(trustBrowserCas = true, trustedCertificates = [${server.certificates.map(quote).join(", ")}])`;
  const bindings = [
    ...server.fromEnvironment.map((name) => `(name = ${quote(name)}, fromEnvironment = ${quote(name)})`),
    ...Object.entries(server.texts).map(([name, text]) => `(name = ${quote(name)}, text = ${quote(text)})`),
    ...Object.entries(server.bindings).map(([name, to]) => `(name = ${quote(name)}, service = ${quote(to)})`),
  ];
  const networks = server.networks.map(
    ({ name, allow }) =>
      `(name = ${quote(name)}, network = (allow = [${allow.map(quote).join(", ")}], tlsOptions = ${tls}))`,
  );
  const sockets = Object.entries({ ...server.sockets }).map(
    ([name, entrypoint]) => `(name = ${quote(name)}, http = (), service = ${entrypointOf(entrypoint)})`,
  );
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "moor", worker = (
      modules = [(name = "worker.js", esModule = embed ${quote(server.module)})],
      compatibilityDate = ${quote(COMPATIBILITY_DATE)},
      globalOutbound = ${quote(OUTBOUND)},
      bindings = [
        ${bindings.join(",\n        ")},
      ],
    )),
    ${networks.join(",\n    ")},
  ],
  sockets = [
    ${sockets.join(",\n    ")},
    (name = "control", address = ${quote(`unix:${server.control}`)}, http = (), service = ${entrypointOf("control")}),
  ],
  logging = (structuredLogging = true),
);
`;
}

function entrypointOf(name: string): string {
  return name === "default" ? `"moor"` : `(name = "moor", entrypoint = ${quote(name)})`;
}

/** A text of Cap'n Proto. All that is not visible ASCII is written byte by byte. */
function quote(text: string): string {
  const bytes = Array.from(Buffer.from(text, "utf8"), (byte) => {
    const character = String.fromCharCode(byte);
    return /[ !#-[\]-~]/.test(character) ? character : `\\x${byte.toString(16).padStart(2, "0")}`;
  });
  return `"${bytes.join("")}"`;
}
