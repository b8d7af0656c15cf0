import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer } from "node:tls";
import { promisify } from "node:util";

/** A key and its certificate, as PEM. */
export interface KeyPair {
  readonly key: string;
  readonly certificate: string;
}

/** TLS before a server that has none. */
export interface TlsFront {
  readonly port: number;
  /** The certificate of `localhost`, which signs itself. */
  readonly certificate: string;
  stop(): void;
}

/** Makes a key and a certificate of `localhost` with openssl. */
export async function keyPairOfLocalhost(): Promise<KeyPair> {
  const folder = await mkdtemp(join(tmpdir(), "moor-tls-"));
  try {
    const [key, certificate] = [join(folder, "key.pem"), join(folder, "cert.pem")];
    const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
    await promisify(execFile)("openssl", [
      ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"],
      ...[...subject, "-keyout", key, "-out", certificate],
    ]);
    return { key: await readFile(key, "utf8"), certificate: await readFile(certificate, "utf8") };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Starts TLS before a port of loopback. */
export async function startTlsFront(to: number): Promise<TlsFront> {
  const { key, certificate } = await keyPairOfLocalhost();
  const server = createServer({ key, cert: certificate }, (client) => {
    const plain = connect(to, "127.0.0.1");
    for (const socket of [client, plain]) socket.on("error", () => socket.destroy());
    client.pipe(plain).pipe(client);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return { port: (server.address() as AddressInfo).port, certificate, stop: () => void server.close() };
}
