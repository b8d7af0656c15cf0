/** @any-runtime */
import { createPrivateKey, createPublicKey } from "node:crypto";
import { calculateJwkThumbprint, decodeProtectedHeader, exportJWK } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Client, OVER_HTTPS } from "../../support/node/client.ts";
import { startKeyRotation } from "../../support/node/key-rotation.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { startSite } from "../../support/node/site.ts";

const origin = await startOrigin("a");
const site = await startSite([origin], { stores: { replicate: "always" } });
const keys = await startKeyRotation(site.moor);
const { rotate } = keys;
afterAll(async () => {
  await site.stop();
  await origin.kill();
  await keys.stop();
});

async function retire(id: string): Promise<void> {
  for (const ring of ["token", "handoff", "store"]) await rotate("retire", id, "--ring", ring);
}

async function keySet(): Promise<string[]> {
  const response = await fetch(`http://127.0.0.1:${site.moor.port}/.moor/jwks.json`, { headers: OVER_HTTPS });
  return ((await response.json()) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
}

/** The thumbprint (RFC 7638) of the key that has an id in the ring of the handoff. */
async function kidOf(id: string): Promise<string> {
  const entry = keys.kept.MOOR_HANDOFF_KEYS.split(",").find((text) => text.startsWith(`${id}:`)) ?? "";
  const secret = Buffer.from(entry.slice(id.length + 1), "base64url");
  const key = createPublicKey(createPrivateKey({ key: secret, format: "der", type: "pkcs8" }));
  return calculateJwkThumbprint(await exportJWK(key));
}

const kidsOf = (...ids: string[]) => Promise.all(ids.map(kidOf));

/** The key that has signed a token: its second byte. */
const signerOf = (token: string | undefined) => Buffer.from(token ?? "", "base64url")[1];

describe("keys are changed, and no visitor is logged out", () => {
  const visitors: { client: Client; name: string; sid: string | undefined }[] = [];
  let former: Client;

  const newVisitor = async (name: string) => {
    const client = site.client();
    await client.ask(`/?login=${name}&set=basket:${name}`, { method: "POST" });
    const { sid } = (await client.ask("/")).told.session;
    visitors.push({ client, name, sid });
    return client;
  };
  const expectAllLoggedIn = async (id: string) => {
    const kid = await kidOf(id);
    for (const { client, name, sid } of visitors) {
      const { session, headers } = (await client.ask("/")).told;
      expect(session).toMatchObject({ sid, gen: 1, sub: name, data: { basket: name } });
      const { kid: signedBy } = decodeProtectedHeader(headers["moor-session"] ?? "");
      expect(signedBy).toBe(kid);
      // The store keys have sealed and opened the copies in KV.
      expect((await client.ask(`/?set=seen:${id}`, { method: "POST" })).status).toBe(200);
    }
  };

  beforeAll(async () => {
    former = await newVisitor("ann");
  });

  it("a new key is accepted before any signs with it", async () => {
    await rotate("new");
    expect(await keySet()).toEqual(await kidsOf("1", "2"));
    await expectAllLoggedIn("1");
    expect(signerOf(former.token)).toBe(1);
  });

  it("the old key retires: the new key signs, and tokens that the old key signed stay valid", async () => {
    former = await newVisitor("ben");
    await retire("1");
    expect(await keySet()).toEqual(await kidsOf("2", "1"));
    await expectAllLoggedIn("2");
    const fresh = await newVisitor("cid");
    expect([signerOf(fresh.token), signerOf(fresh.cookies.get("__Host-moor-gen"))]).toEqual([2, 2]);
  });

  it("the old key leaves: sessions whose tokens and proofs are younger live on", async () => {
    // Only a login or a rotation writes a proof. Visitors who have logged in under the old key rotate here.
    for (const { client } of visitors) await client.ask("/?rotate", { method: "POST" });
    const generations = await Promise.all(visitors.map(async ({ client }) => (await client.ask("/")).told.session.gen));
    await retire("1");
    expect(await keySet()).toEqual(await kidsOf("2"));
    for (const [index, { client, name, sid }] of visitors.entries()) {
      expect((await client.ask("/")).told.session).toMatchObject({ sid, gen: generations[index], sub: name });
    }
  });

  it("and logs nothing of a key", () => {
    const secrets = Object.values(keys.kept).flatMap((ring) =>
      ring.split(",").map((entry: string) => entry.split(":")[1] as string),
    );
    expect(site.moor.logged.filter((line) => secrets.some((secret) => line.includes(secret)))).toEqual([]);
    expect(site.indiscretions("ann", "ben", "cid")).toEqual([]);
  });
});
