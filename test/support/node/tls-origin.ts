import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import type { RequestListener } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

/** An https origin on loopback, with a certificate that it has signed itself. */
export interface TlsOrigin {
  readonly url: string;
  readonly certificate: string;
  stop(): Promise<void>;
}

/** Starts an https origin at `localhost` on a free port. */
export async function startTlsOrigin(answer: RequestListener): Promise<TlsOrigin> {
  const folder = await mkdtemp(join(tmpdir(), "moor-tls-"));
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  const kind = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"];
  await promisify(execFile)("openssl", ["req", ...kind, ...subject, "-keyout", key, "-out", cert]);
  const certificate = await readFile(cert, "utf8");
  const server = createServer({ key: await readFile(key), cert: certificate }, answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  await rm(folder, { recursive: true });
  return {
    url: `https://localhost:${(server.address() as AddressInfo).port}`,
    certificate,
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
