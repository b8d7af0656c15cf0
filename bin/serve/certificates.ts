import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { CommandError } from "../command.ts";

const VARIABLE = "NODE_EXTRA_CA_CERTS";
const ONE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * Reads the certificates that are trusted besides those of browsers, from the file that NODE_EXTRA_CA_CERTS names. Each is a text of its own,
 * because workerd reads the first certificate of a text alone.
 *
 * @returns PEM. Empty: the variable is not set.
 * @throws CommandError of code `config`, if the file cannot be read, or holds anything else.
 */
export function furtherCertificates(environment: Readonly<Record<string, string | undefined>>): string[] {
  const file = environment[VARIABLE];
  if (!file) return [];
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    const { code = "unknown" } = cause as { code?: string };
    throw refused(`a file that cannot be read (${code})`, cause);
  }
  const found = text.match(ONE) ?? [];
  if (found.length === 0) throw refused("a file without a certificate");
  for (const one of found) {
    try {
      new X509Certificate(one);
    } catch (cause) {
      throw refused("a certificate that is malformed", cause);
    }
  }
  return found;
}

function refused(found: string, cause?: unknown): CommandError {
  return new CommandError("config", `${VARIABLE}: found ${found}, accepted: a file of certificates in PEM`, { cause });
}
