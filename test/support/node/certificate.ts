import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

/** Makes a certificate for a host, signed by itself, in a folder. Returns its files: `pem` holds both of the others. */
export async function makeCertificate(folder: string, host: string) {
  const [key, cert, pem] = [join(folder, "key.pem"), join(folder, "cert.pem"), join(folder, "both.pem")];
  const subject = ["-subj", `/CN=${host}`, "-addext", `subjectAltName=DNS:${host}`];
  const kind = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"];
  await promisify(execFile)("openssl", ["req", ...kind, ...subject, "-keyout", key, "-out", cert]);
  await writeFile(pem, (await readFile(cert, "utf8")) + (await readFile(key, "utf8")));
  return { key, cert, pem };
}
