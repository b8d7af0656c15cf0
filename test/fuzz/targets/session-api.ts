import fc from "fast-check";
import { base64url, decodeProtectedHeader, SignJWT } from "jose";
import { ADDRESS } from "../../support/handoffs.ts";
import { copyOf, sessionOf } from "../../support/sessions.ts";
import { headerText } from "../forged.ts";
import { CONFIG, moorInFront, NO_AUTHORITY, NOW } from "../moor.ts";
import { demand, type Target } from "../target.ts";

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly forge: Forge;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

/** The changes of a genuine handoff: its parts are changed or replaced. */
interface Forge {
  readonly header: object | string | undefined;
  readonly claims: object | string | undefined;
  readonly signature: string | undefined;
  readonly wrap: string;
}

/** Stands for the kid of the key that Moor signs with. */
const GENUINE_KID = "genuine";

const forge: fc.Arbitrary<Forge> = fc.record({
  header: fc.option(
    fc.oneof(
      fc.record({
        alg: fc.constantFrom("none", "HS256", "ES384", "es256", "RS256", ""),
        kid: fc.constantFrom(GENUINE_KID, "1", "../1"),
      }),
      headerText(20),
    ),
    { nil: undefined },
  ),
  claims: fc.option(
    fc.oneof(
      fc.record({
        sid: fc.string(),
        gen: fc.integer(),
        ver: fc.integer(),
        aud: fc.constantFrom("shop", "x"),
        exp: fc.integer(),
      }),
      headerText(40),
    ),
    { nil: undefined },
  ),
  signature: fc.option(
    fc.oneof(fc.uint8Array({ minLength: 64, maxLength: 64 }).map(base64url.encode), headerText(20)),
    { nil: undefined },
  ),
  wrap: fc.constantFrom("Bearer #", "bearer #", "Bearer  #", "Basic #", "#", "Bearer #, Bearer #", "Bearer #."),
});

/** The session API with handoffs that Moor has not signed, or that were changed after Moor had signed them. */
export const sessionApi: Target<Asked> = {
  name: "session-api",
  about: "forged handoffs at /.moor/session: refused, without a store being asked",
  cases: fc.record({
    method: fc.constantFrom("GET", "PATCH", "DELETE", "PUT", "POST", "OPTIONS"),
    path: fc.oneof(
      { weight: 4, arbitrary: fc.constant("session") },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          "session/",
          "session?x=1",
          "Session",
          "session/../session",
          "jwks.json",
          "admin",
          "",
        ),
      },
    ),
    forge: forge.filter(
      ({ header, claims, signature, wrap }) => wrap !== "Bearer #" || [header, claims, signature].some(Boolean),
    ),
    headers: fc.array(
      fc.tuple(fc.constantFrom("If-Match", "Origin", "Sec-Fetch-Site", "Cookie", "Accept"), headerText(20)),
      { maxLength: 3 },
    ),
    body: fc.oneof(fc.constant('{"a":1}'), fc.string()),
  }),
  async start() {
    const moor = await moorInFront(NO_AUTHORITY);
    const session = sessionOf(copyOf("s".repeat(22)));
    const genuine = await moor.handoff.sign(
      session,
      { pool: CONFIG.pools[0] as (typeof CONFIG.pools)[number], ...ADDRESS },
      NOW,
    );
    const stranger = await new SignJWT({ sid: "s", gen: 0, ver: 1 })
      .setProtectedHeader({ alg: "HS256" })
      .setAudience("shop")
      .sign(new Uint8Array(32));
    demand((await moor.handoff.verify(genuine, NOW)) !== undefined, "the genuine handoff is refused");
    const { kid } = decodeProtectedHeader(genuine);
    return async ({ method, path, forge, headers, body }) => {
      const [header = "", claims = "", signature = ""] = (forge.header === "" ? stranger : genuine).split(".");
      const named = forge.header instanceof Object ? withKid(forge.header, kid) : forge.header;
      const jwt = [part(named, header), part(forge.claims, claims), forge.signature ?? signature].join(".");
      const all = new Headers(headers.map(([name, value]) => [name, value] as [string, string]));
      all.set("Authorization", forge.wrap.replaceAll("#", jwt));
      const hasBody = method !== "GET";
      const request = new Request(`https://shop.test/.moor/${path}`, {
        method,
        headers: all,
        ...(hasBody ? { body } : {}),
      });
      const { response, stores } = await moor.ask(request, () => {
        throw new Error("an origin was asked");
      });
      demand(stores.length === 0, `stores were asked: ${stores.join(", ")}`);
      const isKeys = path === "jwks.json" && response.status === 200;
      demand(isKeys || [401, 403, 404].includes(response.status), `answered with ${response.status}`);
      demand(!response.headers.has("Set-Cookie"), "a cookie was set");
      return `${response.status}`;
    };
  },
};

function withKid(header: { kid?: string }, kid: string | undefined): object {
  return header.kid === GENUINE_KID ? { ...header, kid } : header;
}

function part(forged: object | string | undefined, genuine: string): string {
  if (forged === undefined) return genuine;
  return typeof forged === "string" ? forged : base64url.encode(JSON.stringify(forged));
}
