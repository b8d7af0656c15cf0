import { expect } from "vitest";
import type { Case } from "../cases.ts";
import { type FakeMoor, nowSeconds } from "../fake-moor.ts";
import { encode, type JwtParts, macJwt, newSigningKey, signJwt } from "../signer.ts";
import type { Read, World } from "../world.ts";

/** The status of `GET /read` with a handoff. */
async function statusWith({ direct }: Pick<World, "direct">, handoff: string): Promise<number> {
  return (await direct.ask("/read", { handoff })).status;
}

/** A case: this handoff is refused, although the application accepts the handoff that it was made from. */
function refuses(id: string, name: string, wrong: (parts: JwtParts, fake: FakeMoor) => string): Case {
  return {
    id,
    name: `refuses ${name} with 403`,
    async play(world) {
      const parts = world.fake.parts({ data: { a: 1 } });
      expect(await statusWith(world, signJwt(parts, world.fake.key))).toBe(200);
      expect(await statusWith(world, wrong(parts, world.fake))).toBe(403);
    },
  };
}

const withClaims = (changed: () => Readonly<Record<string, unknown>>) => (parts: JwtParts, fake: FakeMoor) =>
  signJwt({ ...parts, claims: { ...parts.claims, ...changed() } }, fake.key);
const withHeader = (changed: Readonly<Record<string, unknown>>) => (parts: JwtParts, fake: FakeMoor) =>
  signJwt({ ...parts, header: { ...parts.header, ...changed } }, fake.key);

/** Reading and verifying the handoff. */
export const handoffs: readonly Case[] = [
  {
    id: "handoff-read",
    name: "shows the attributes of a handoff",
    async play({ direct, fake }) {
      const data = { text: "Grüße 桃 🍑", number: 7, list: [1, "x"], object: { a: { b: true } } };
      const { status, text } = await direct.ask("/read", { handoff: fake.handoff({ data }) });
      expect(status, text).toBe(200);
      expect((JSON.parse(text) as Read).attributes).toMatchObject(data);
    },
  },
  refuses("handoff-no-jwt", "text that is not a JWT", () => "a.b.c"),
  refuses("handoff-unsigned", "a handoff without a signature", ({ header, claims }) => {
    return `${encode({ ...header, alg: "none" })}.${encode(claims)}.`;
  }),
  refuses("handoff-changed", "a handoff whose claims were changed", (parts, { key }) => {
    const [header, , signature] = signJwt(parts, key).split(".");
    return `${header}.${encode({ ...parts.claims, sub: "mallory" })}.${signature}`;
  }),
  refuses("handoff-zeros", "a signature of zeros", (parts, { key }) => {
    const [header, claims] = signJwt(parts, key).split(".");
    return `${header}.${claims}.${"A".repeat(86)}`;
  }),
  refuses("handoff-mac", "a MAC whose secret is the public key", (parts, { key }) => macJwt(parts, key)),
  refuses("handoff-critical", "an extension that it does not know", withHeader({ crit: ["b64"], b64: false })),
  refuses("handoff-no-kid", "a handoff that names no key", withHeader({ kid: undefined })),
  refuses(
    "handoff-issuer",
    "a handoff of another Moor",
    withClaims(() => ({ iss: "https://other.test" })),
  ),
  refuses(
    "handoff-audience",
    "a handoff for another pool",
    withClaims(() => ({ aud: "other" })),
  ),
  refuses(
    "handoff-expired",
    "a handoff that expired 18 seconds ago",
    withClaims(() => ({ exp: nowSeconds() - 18 })),
  ),
  refuses(
    "handoff-early",
    "a handoff of 20 seconds in the future",
    withClaims(() => ({ iat: nowSeconds() + 20 })),
  ),
  {
    id: "clock",
    name: "accepts clocks that differ by 12 seconds",
    async play({ direct, fake }) {
      for (const times of [{ exp: nowSeconds() - 12 }, { iat: nowSeconds() + 12 }]) {
        expect(await statusWith({ direct }, fake.handoff(times))).toBe(200);
      }
    },
  },
  {
    id: "keys-new",
    name: "reads the keys again for a handoff of a new key, but not for each unknown key",
    async play({ startDirect }) {
      const { direct, fake } = await startDirect();
      const [next, unknown] = [newSigningKey(), newSigningKey()];
      const by = (key: typeof next) =>
        signJwt({ ...fake.parts(), header: { alg: "ES256", typ: "JWT", kid: key.kid } }, key);
      expect([await statusWith({ direct }, fake.handoff()), fake.keyReads()]).toEqual([200, 1]);
      fake.publish([next]);
      expect([await statusWith({ direct }, by(next)), fake.keyReads()]).toEqual([200, 2]);
      for (const refused of [by(unknown), fake.handoff()]) expect(await statusWith({ direct }, refused)).toBe(403);
      expect([await statusWith({ direct }, by(next)), fake.keyReads()]).toEqual([200, 2]);
    },
  },
  {
    id: "keys-replaced",
    name: "reads the keys again for a handoff that the known key of its id does not fit",
    async play({ startDirect }) {
      const { direct, fake } = await startDirect();
      const next = newSigningKey(fake.key.kid);
      expect(await statusWith({ direct }, fake.handoff())).toBe(200);
      fake.publish([next]);
      expect([await statusWith({ direct }, signJwt(fake.parts(), next)), fake.keyReads()]).toEqual([200, 2]);
      expect([await statusWith({ direct }, fake.handoff()), fake.keyReads()]).toEqual([403, 2]);
    },
  },
  {
    id: "keys-unavailable",
    name: "answers 503 while it cannot read the keys, except for pages without a session",
    async play({ startDirect }) {
      const { direct, fake } = await startDirect();
      fake.publish(undefined);
      expect(await statusWith({ direct }, fake.handoff())).toBe(503);
      expect((await direct.ask("/plain", { handoff: fake.handoff() })).status).toBe(200);
    },
  },
  {
    id: "data-by-api",
    name: "asks the session API for attributes that are too large for the handoff",
    async play({ direct, fake }) {
      fake.session = { version: 6, attributes: { a: "large" } };
      fake.takeCalls();
      const handoff = fake.handoff({ data: undefined });
      const { text } = await direct.ask("/read", { handoff });
      expect((JSON.parse(text) as Read).attributes).toMatchObject({ a: "large" });
      expect(fake.takeCalls()).toEqual([{ method: "GET", bearer: handoff, body: undefined }]);
    },
  },
  {
    id: "data-unavailable",
    name: "answers 503 when the session API cannot show the attributes, and never shows an empty session",
    async play({ direct, fake }) {
      fake.session = undefined;
      expect(await statusWith({ direct }, fake.handoff({ data: undefined }))).toBe(503);
    },
  },
  {
    id: "no-handoff-read",
    name: "shows an empty session to a request without a handoff",
    async play({ direct, visitorWithoutSession }) {
      for (const path of ["/plain", "/health", "/read"]) expect((await direct.ask(path)).status, path).toBe(200);
      expect(await visitorWithoutSession().read()).toEqual({});
    },
  },
  {
    id: "no-handoff-write",
    name: "drops a change of a request without a handoff, and the request succeeds",
    async play({ direct, visitorWithoutSession }) {
      const { status, text, moor } = await direct.ask("/set?k=a", { method: "POST", body: 1 });
      expect([status, moor], text).toEqual([200, {}]);
      await visitorWithoutSession().post("/set?k=a", 1);
    },
  },
];
