/** @needs redis-server openssl */
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { makeCertificate } from "../../support/node/certificate.ts";
import { asProxyFor, plainRequest } from "../../support/node/plain-request.ts";
import { startRedisBySocket } from "../../support/node/redis-by-socket.ts";
import { startServe } from "../../support/node/served.ts";

const redis = await startRedisBySocket();
const folders = await Promise.all([0, 1].map(() => mkdtemp(join(tmpdir(), "moor-authority-"))));
const [folder = "", other = ""] = folders;
const own = await makeCertificate(folder, "localhost");
const strange = await makeCertificate(other, "elsewhere.test");
const origin = createServer({ key: await readFile(own.key), cert: await readFile(own.cert) }, (_, response) =>
  response.end("served"),
).listen(0, "localhost");
await once(origin, "listening");
const url = `https://localhost:${(origin.address() as AddressInfo).port}`;
afterAll(async () => {
  origin.closeAllConnections();
  origin.close();
  await redis.stop();
  await Promise.all(folders.map((one) => rm(one, { recursive: true })));
});

/** The status of a page of an origin whose certificate is signed by itself. */
async function statusWith(variables: Record<string, string>): Promise<number> {
  const pools = [{ id: "shop", origins: [{ id: "a", url }] }];
  const serve = await startServe({ config: { pools }, variables: { MOOR_REDIS_URL: redis.url, ...variables } });
  const { status } = await plainRequest({ port: serve.port, headers: asProxyFor("203.0.113.9") });
  await serve.stop();
  return status;
}

it("reaches no origin whose certificate it does not trust", async () => expect(await statusWith({})).toBe(502));

it("trusts each certificate in the file of NODE_EXTRA_CA_CERTS, in any order", async () => {
  const texts = [await readFile(strange.cert, "utf8"), await readFile(own.cert, "utf8")];
  for (const order of [texts, texts.toReversed()]) {
    const file = join(folder, "authorities.pem");
    await writeFile(file, order.join("\n"));
    expect(await statusWith({ NODE_EXTRA_CA_CERTS: file })).toBe(200);
  }
});
