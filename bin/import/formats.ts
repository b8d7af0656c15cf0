import { readFile } from "node:fs/promises";
import type { Draft } from "./draft.ts";
import { importHaproxy } from "./haproxy/import.ts";
import { readNginxConfig } from "./nginx/directives.ts";
import { importNginx } from "./nginx/import.ts";
import { importTraefik } from "./traefik/import.ts";

/** Answers of the operator that an import needs. */
export interface ImportOptions {
  /** Whether every host name has a single address. */
  readonly oneAddress: boolean;
}

/** Reads a configuration file of another balancer. @throws ImportSyntaxError; or the error of the file system. */
export type ImportFile = (file: string, options: ImportOptions) => Promise<Draft>;

/** The formats that can be imported, by their names for `--from`. */
export const FORMATS = {
  nginx: async (file, options) => importNginx(await readNginxConfig(file), options),
  haproxy: importHaproxy,
  traefik: importTraefik,
} satisfies Record<string, ImportFile>;

/** Whether a text is the name of a format. */
export function isFormat(name: string): name is keyof typeof FORMATS {
  return Object.hasOwn(FORMATS, name);
}

const HAPROXY_SECTION = /^(?:global|defaults|(?:frontend|backend|listen)[ \t]+[^\s{};]+)[^{};\n]*$/m;

const YAML_KEY = /^(?:http|tcp|udp|tls):\s*(?:#.*)?$/m;

/** The format that a file looks like: keys of Traefik, or lines that begin a section of HAProxy, else nginx. */
export async function formatOf(file: string): Promise<keyof typeof FORMATS> {
  const text = await readFile(file, "utf8");
  if (YAML_KEY.test(text)) return "traefik";
  return HAPROXY_SECTION.test(text) ? "haproxy" : "nginx";
}
