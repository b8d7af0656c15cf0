import { readFileSync } from "node:fs";
import { loginsOf, secretNameOf } from "../../src/config/logins.ts";
import type { ResolvedConfig } from "../../src/config/resolved.ts";
import { parseKeyRing } from "../../src/inbound/token/key-ring.ts";
import { ADMIN_TOKEN } from "../admin-secret.ts";
import { CommandError } from "../command.ts";
import { STORE_SETUPS } from "../stores/registry.ts";
import { adoptVariables } from "./adopt-variables.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** The secrets and variables of the Worker. */
export interface ServedVariables {
  readonly values: Readonly<Record<string, string>>;
  /** The hosts of the store of sessions, and of old applications' stores. */
  readonly storeHosts: readonly string[];
}

const RINGS = ["MOOR_TOKEN_KEYS", "MOOR_HANDOFF_KEYS", "MOOR_STORE_KEYS"] as const;
const LEAST_TOKEN_CHARACTERS = 32;

/**
 * Reads the secrets of the Worker: each is the variable `NAME`, or the content of the file that the variable `NAME_FILE` names.
 *
 * @throws CommandError of code `config`, with a line for each that is missing or wrong. No line has a secret.
 */
export function readVariables(config: ResolvedConfig, environment: Environment): ServedVariables {
  const mistakes: string[] = [];
  const values: Record<string, string> = {};

  function read(name: string): string | undefined {
    const file = environment[`${name}_FILE`];
    let value = environment[name];
    if (file) {
      if (value) mistakes.push(`${name}: found ${name} and ${name}_FILE, accepted: one of them`);
      try {
        value = readFileSync(file, "utf8").trim();
      } catch (cause) {
        const { code = "unknown" } = cause as { code?: string };
        mistakes.push(`${name}_FILE: found a file that cannot be read (${code}), accepted: a file with the secret`);
        return undefined;
      }
    }
    if (value) values[name] = value;
    return value || undefined;
  }

  function need(name: string, accepted: string, isValid: (value: string) => boolean): string | undefined {
    const failed = mistakes.length;
    const value = read(name);
    if (mistakes.length > failed) return undefined;
    if (value !== undefined && isValid(value)) return value;
    const found = value === undefined ? `no ${name} and no ${name}_FILE in the environment` : "another form";
    mistakes.push(`${name}: found ${found}, accepted: ${accepted}`);
    return undefined;
  }

  for (const name of RINGS)
    need(name, "a key ring, as npm run moor -- keys new prints it", (text) => isRing(name, text));
  need("MOOR_ISSUER", "the address that visitors use, as in https://shop.example.com", isIssuer);
  if (config.admin) {
    const accepted = `at least ${LEAST_TOKEN_CHARACTERS} characters, as openssl rand -hex 32 prints them`;
    need(ADMIN_TOKEN, accepted, (text) => text.length >= LEAST_TOKEN_CHARACTERS);
  }
  for (const { id } of loginsOf(config)) read(secretNameOf(id));
  const { authority } = config.stores;
  const { served } = (authority.type === "object" ? undefined : STORE_SETUPS[authority.type]) ?? {};
  const variables = [...(served?.(authority) ?? []), ...adoptVariables(config)];
  const storeHosts = variables.flatMap(({ name, accepted, hostsOf }) => {
    const address = need(name, accepted, (text) => hostsOf(text) !== undefined);
    return (address !== undefined && hostsOf(address)) || [];
  });
  if (mistakes.length > 0) throw new CommandError("config", mistakes.join("\n"));
  return { values, storeHosts };
}

function isIssuer(text: string): boolean {
  return /^https:\/\/[^\s/?#@]+$/.test(text) && URL.canParse(text);
}

function isRing(name: string, text: string): boolean {
  try {
    parseKeyRing(text, name);
    return true;
  } catch {
    return false;
  }
}
