import fc from "fast-check";
import { createAuthorities } from "../../support/authorities.ts";
import { macRing } from "../../support/rings.ts";
import { at } from "../../support/time.ts";
import { createTokenTexts } from "../../support/token-texts.ts";
import { GENUINE, headerText } from "../forged.ts";
import { CONFIG, moorInFront, NOW } from "../moor.ts";
import { demand, type Target } from "../target.ts";

type Answered = readonly (readonly [name: string, value: string])[];

const POLLUTING = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "then", "toJSON"];
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom(null, true, 0, -0, 1e308, "", "\u0000", "\ud800", "x"),
    fc.string({ maxLength: 12 }),
    fc.array(tie("value"), { maxLength: 3 }),
    tie("object"),
  ),
  object: fc
    .array(fc.tuple(fc.oneof(fc.constantFrom(...POLLUTING, "a", ""), fc.string({ maxLength: 6 })), tie("value")), {
      maxLength: 4,
    })
    .map((members) => Object.fromEntries(members)),
}));
const ascii = (text: string) =>
  text.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
const patch = fc.oneof(
  { weight: 4, arbitrary: json.object.map((value) => ascii(JSON.stringify(value))) },
  { weight: 1, arbitrary: json.value.map((value) => ascii(JSON.stringify(value))) },
  {
    weight: 1,
    arbitrary: fc.constantFrom("{", "[]", "{}, {}", '{"a":1e999}', "[".repeat(500), '{"a":'.repeat(60), "1", '""'),
  },
  { weight: 1, arbitrary: headerText(60) },
);
const header: fc.Arbitrary<readonly [string, string]> = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fc.constantFrom("Moor-Patch", "moor-patch"), patch) },
  {
    weight: 2,
    arbitrary: fc.tuple(
      fc.constantFrom(
        "Moor-Principal",
        "Moor-Rotate",
        "Moor-End",
        "Moor-Version",
        "Moor-Closed",
        "Moor-Session",
        "Moor-Else",
      ),
      fc.oneof(fc.constantFrom("1", "0", "", "alice", "alice bob", "1, 1", "-1", "99999999999"), headerText(20)),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(
      fc.constantFrom("Age", "CF-Cache-Status", "Set-Cookie", "Cache-Control"),
      fc.oneof(fc.constantFrom("HIT", "MISS", "0", "__Host-moor=x", "public, max-age=60"), headerText(20)),
    ),
  },
);

/** The changes of an existing session that an origin's response asks for. */
export const originChanges: Target<Answered> = {
  name: "origin-changes",
  about: "Moor-* headers of responses: applied, or the response is refused with 502; nothing is polluted or shown",
  cases: fc.array(header, { minLength: 1, maxLength: 4 }),
  async start() {
    const authorities = createAuthorities({ clock: () => NOW, copies: { backup: "off", replicate: "off" } });
    const moor = await moorInFront(authorities);
    const id = (await createTokenTexts(macRing(1)).open(GENUINE, NOW))?.id ?? "";
    const prototype = namesOf(Object.prototype);
    const policy = CONFIG.session;
    let generation = 0;
    return async (answered) => {
      // Ended sessions stay ended, so each case has a session of its own.
      const minted = await moor.tokens.mint(at(3_000), 86_400_000, 0);
      const ref = { id: minted.id, generation: 0, bornAt: minted.bornAt, arrivedAt: NOW };
      const founding = {
        id: `f${generation++}`,
        patches: [{ basket: "tea" }],
        touch: true as const,
        expiresAt: NOW + 8_000,
        policy,
      };
      await authorities.commit(ref, founding);
      const { token } = await moor.tokens.sign({ ...minted, version: 1 }, { proof: false });
      const request = new Request("https://shop.test/", { headers: { Cookie: `__Host-moor=${token}` } });
      const { response, log } = await moor.ask(request, () => new Response("page", { headers: headersOf(answered) }));

      demand(id !== minted.id, "keys repeat");
      demand([200, 502].includes(response.status), `answered with ${response.status}: ${log[0]?.reason}`);
      demand(namesOf(Object.prototype) === prototype, "a prototype was polluted");
      const shown = [...response.headers.keys()].filter((name) => name.startsWith("moor-"));
      demand(shown.length === 0, `the client was shown ${shown.join(", ")}`);
      const record = authorities.record(minted.id);
      demand(record !== undefined, "the session is gone");
      demand(Object.getPrototypeOf(record.attributes) === Object.prototype, "the attributes have another prototype");
      if (response.status === 502) {
        demand(record.version === 1 && !record.ended, "a refused response has changed the session");
        return "refused";
      }
      const cookies = response.headers.getSetCookie();
      demand(
        cookies.every((cookie) => !cookie.includes("=x")),
        "a cookie of Moor's name is the origin's",
      );
      const writesToken = cookies.some((cookie) => cookie.startsWith("__Host-moor="));
      demand(!writesToken || response.headers.get("Cache-Control") === "private, no-store", "a token may be cached");
      if (record.ended) return "ended";
      return record.version > 1 ? "changed" : "unchanged";
    };
  },
};

function namesOf(value: object): string {
  return Object.getOwnPropertyNames(value).sort().join();
}

function headersOf(entries: Answered): Headers {
  const headers = new Headers();
  for (const [name, value] of entries) headers.append(name, value);
  return headers;
}
