import { createHmac, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { freePort } from "../support/node/ports.ts";
import { type Site, startSite } from "../support/node/site.ts";
import { TEST_ISSUER } from "../support/node/workerd.ts";
import { type BuiltExample, buildExample, isInstalled, languages } from "./languages.ts";
import { servePublishedKeys } from "./published-keys.ts";
import { type RunningExample, startExample } from "./running-example.ts";
import { describeShop, visitorOf } from "./shop.suite.ts";

/** Every example, with the pool of its name behind one Moor. */
const found = await Promise.all(
  languages.map(async (language) => ({ ...language, port: await freePort(), installed: await isInstalled(language) })),
);
const installed = found.filter((language) => language.installed);
const builds = new Map<string, BuiltExample>();
const ending: (() => Promise<unknown>)[] = [];
let site: Site;

beforeAll(async () => {
  site = await startSite([], {
    handoff: { dataBytes: 64 },
    pools: installed.map(({ name, port }) => ({
      id: name,
      origins: [{ id: name, url: `http://127.0.0.1:${port}` }],
      session: { may: ["patch", "principal", "end"] },
    })),
    routes: installed.map(({ name }) => ({ host: `${name}.test`, path: "/*", pool: name })),
  });
  ending.push(() => site.stop());
  await Promise.all(
    installed.map(async (language) => {
      const { name, port } = language;
      const built = await buildExample(language);
      builds.set(name, built);
      const server = await startExample(built.run(port).argv, port, environment(name));
      ending.push(() => server.stop().then(built.remove));
    }),
  );
}, 240_000);
afterAll(() => Promise.all(ending.map((end) => end())));

function environment(pool: string, moorUrl = `http://127.0.0.1:${site.moor.port}`) {
  return { MOOR_ISSUER: TEST_ISSUER, MOOR_AUDIENCE: pool, MOOR_URL: moorUrl };
}

/** Another server of an example, behind a Moor at this address. */
async function start(name: string, moorUrl: string): Promise<RunningExample> {
  const port = await freePort();
  return startExample((builds.get(name) as BuiltExample).run(port).argv, port, environment(name, moorUrl));
}

/** A visitor of the shop in one language. */
const visitor = (name: string, client = site.client()) => visitorOf(`${name}.test`, client);

describe.for(found)("an origin in $name", ({ name, installed: isThere, port }) => {
  const its = it.skipIf(!isThere);

  describeShop(name, () => visitor(name), its);

  its("reads a basket that was too large for the handoff", async () => {
    const { posts, sees } = visitor(name);
    const goods = Array.from({ length: 12 }, (_, index) => `sort ${index}`);
    for (const good of goods) await posts("/add", { good });
    expect((await sees()).basket).toEqual(Object.fromEntries(goods.map((good) => [good, 1])));
  });

  its("refuses who comes with no handoff of Moor's for it, and nobody else", async () => {
    const status = async (jwt?: string) => {
      const headers: Record<string, string> = jwt === undefined ? {} : { "Moor-Session": jwt };
      const response = await fetch(`http://127.0.0.1:${port}/`, { headers });
      await response.body?.cancel();
      return response.status;
    };
    const right = { header: { alg: "ES256", kid: await publishedKid(), typ: "JWT" }, claims: claimsFor(name) };
    const jwt = signed(right);
    expect(await status(jwt)).toBe(200);

    const [header, payload, signature = ""] = jwt.split(".");
    const otherPayload = encode({ ...right.claims, sub: "mallory" });
    const wrong = {
      none: undefined,
      empty: "",
      "no JWT": "a.b.c",
      "of other letters": "a*.ü",
      unsigned: `${encode({ ...right.header, alg: "none" })}.${payload}.`,
      "without its signature": `${header}.${payload}.`,
      "with the signature of another": `${header}.${otherPayload}.${signature}`,
      "with zeros for a signature": `${header}.${payload}.${"A".repeat(86)}`,
      "with a MAC by the public key": withMac(right),
      "of an unknown key": signed({ ...right, header: { ...right.header, kid: "2" } }),
      "without a kid": signed({ ...right, header: { alg: "ES256", typ: "JWT" } as typeof right.header }),
      "for another pool": signed({ ...right, claims: claimsFor("other") }),
      "of another Moor": signed({ ...right, claims: { ...claimsFor(name), iss: "https://other.test" } }),
      expired: signed({ ...right, claims: { ...claimsFor(name), iat: seconds() - 120, exp: seconds() - 60 } }),
    };
    const statuses = await Promise.all(
      Object.entries(wrong).map(async ([what, given]) => [
        what,
        await status(given && Buffer.from(given).toString("latin1")),
      ]),
    );
    expect(Object.fromEntries(statuses)).toEqual(Object.fromEntries(Object.keys(wrong).map((what) => [what, 403])));
  });

  its("answers 503 while it cannot read Moor's keys", async () => {
    const server = await start(name, `http://127.0.0.1:${await freePort()}`);
    const jwt = signed({ header: { alg: "ES256", kid: await publishedKid(), typ: "JWT" }, claims: claimsFor(name) });
    const response = await fetch(server.url, { headers: { "Moor-Session": jwt } });
    await server.stop();
    expect(response.status, server.output()).toBe(503);
  });

  its.each([
    ["a signature", "k"],
    ["a kid", "another"],
  ])("reads Moor's keys again for %s that none of them fits, but not for each such handoff", async (_what, kid) => {
    const moor = await servePublishedKeys();
    const server = await start(name, moor.url);
    onTestFinished(() => server.stop().then(moor.stop));
    const status = async (key: KeyObject, kid: string) => {
      const jwt = signed({ header: { alg: "ES256", kid, typ: "JWT" }, claims: claimsFor(name) }, key);
      return (await fetch(server.url, { headers: { "Moor-Session": jwt } })).status;
    };
    const [before, after] = [newKey(), newKey()];
    moor.publish(before.publicKey, "k");
    const statuses = [await status(before.privateKey, "k"), await status(before.privateKey, "k")];
    expect([statuses, moor.reads()], server.output()).toEqual([[200, 200], 1]);
    moor.publish(after.publicKey, kid);
    expect([await status(after.privateKey, kid), moor.reads()], server.output()).toEqual([200, 2]);
    const refused = [await status(before.privateKey, "k"), await status(after.privateKey, "unknown")];
    expect([refused, moor.reads()]).toEqual([[403, 403], 2]);
    expect(await status(after.privateKey, kid)).toBe(200);
  });
});

it.runIf(installed.length > 1)("one basket goes through all languages", async () => {
  const client = site.client();
  for (const { name } of installed) await visitor(name, client).posts("/add", { good: name });
  const basket = Object.fromEntries(installed.map(({ name }) => [name, 1]));
  for (const { name } of installed) expect((await visitor(name, client).sees()).basket).toEqual(basket);
});

const seconds = () => Math.floor(Date.now() / 1000);
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

function claimsFor(pool: string): Record<string, unknown> {
  return { iss: TEST_ISSUER, aud: pool, iat: seconds(), exp: seconds() + 60, gen: 0, ver: 0, new: true };
}

interface Handoff {
  readonly header: { alg: string; kid: string; typ: string };
  readonly claims: Record<string, unknown>;
}

/** By default it is signed by the key that Moor itself signs with. */
function signed({ header, claims }: Handoff, key = handoffKey()): string {
  const text = `${encode(header)}.${encode(claims)}`;
  return `${text}.${sign("sha256", Buffer.from(text), { key, dsaEncoding: "ieee-p1363" }).toString("base64url")}`;
}

const newKey = () => generateKeyPairSync("ec", { namedCurve: "P-256" });

/** The kid of the key that Moor signs with. */
async function publishedKid(): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${site.moor.port}/.moor/jwks.json`);
  const { keys } = (await response.json()) as { keys: [{ kid: string }] };
  return keys[0].kid;
}

/** The public key is no secret. A server that uses it as a secret accepts tokens that anybody can sign. */
function withMac({ header, claims }: Handoff): string {
  const text = `${encode({ ...header, alg: "HS256" })}.${encode(claims)}`;
  const secret = createPublicKey(handoffKey()).export({ type: "spki", format: "pem" });
  return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
}

function handoffKey() {
  const { handoff } = site.moor.keys;
  return createPrivateKey({
    key: Buffer.from(handoff.slice(handoff.indexOf(":") + 1), "base64url"),
    format: "der",
    type: "pkcs8",
  });
}
