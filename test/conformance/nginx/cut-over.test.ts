/** @quick */
import { afterAll, describe, expect, it } from "vitest";
import { createWhrw1 } from "../../../src/affinity/whrw1.ts";
import { Client } from "../../support/node/client.ts";
import { forgeToken, idOf } from "../../support/node/forge.ts";
import { startLocalOrigin } from "../../support/node/local-origin.ts";
import { originConfig, startSite } from "../../support/node/site.ts";

const HOUR_MS = 3_600_000;

const origins = await Promise.all(["a", "b", "c", "d"].map(startLocalOrigin));
const cutOver = `${new Date(Date.now() - HOUR_MS).toISOString().slice(0, 19)}Z`;
const affinity = { algorithm: "nginx-hash" as const, key: "$cookie_sid" };
const [during, before] = await Promise.all([
  startSite(origins, { pool: { affinity: { ...affinity, cutOver } } }),
  startSite(origins, { pool: { affinity } }),
]);
afterAll(async () => {
  await Promise.all([during.stop(), before.stop(), ...origins.map((origin) => origin.stop())]);
});

const SIDS = Array.from({ length: 30 }, (_, i) => `visitor-${i}`);

/**
 * The origin that serves a visitor whose session was born so long ago, and the origin that the session's id alone would
 * choose.
 */
async function visit(sid: string, ageMs: number) {
  const bornAt = Date.now() - ageMs;
  const token = forgeToken(during.moor.keys, { bornAt, expiresAt: Date.now() + HOUR_MS });
  const { text } = await during
    .client([["__Host-moor", token]])
    .ask("/", { headers: { Cookie: `__Host-moor=${token}; sid=${sid}` } });
  const byId = createWhrw1(origins.map(originConfig).map(({ id }) => ({ id, weight: 1 }))).order(idOf(token), 1);
  return { text, byId: origins[byId[0] as number]?.name };
}

const onNginx = async (sid: string) =>
  (await new Client(before.moor.port).ask("/", { headers: { Cookie: `sid=${sid}` } })).text;

describe("a cut-over from nginx", () => {
  it("leaves sessions born before it where nginx had them", async () => {
    const met = [];
    for (const sid of SIDS) met.push((await visit(sid, 2 * HOUR_MS)).text);
    expect(met).toEqual(await Promise.all(SIDS.map(onNginx)));
  });

  it("sends sessions born after it to the origin that their id meets", async () => {
    const visits = [];
    for (const sid of SIDS) visits.push(await visit(sid, HOUR_MS / 2));
    expect(visits.map(({ text }) => text)).toEqual(visits.map(({ byId }) => byId));
    expect(visits.map(({ text }) => text)).not.toEqual(await Promise.all(SIDS.map(onNginx)));
  });
});
