import { expect } from "vitest";
import type { JsonObject } from "../../../../src/sdk/origin/json.ts";
import type { Case } from "../cases.ts";
import { type DirectAnswer, patched, type World } from "../world.ts";

/** Any text of visible ASCII and spaces. */
const ASCII = /^[\x20-\x7e]*$/;

/** Posts to the server that asks the test's own Moor, with these attributes in the handoff. */
async function post({ direct, fake }: World, path: string, data: JsonObject, body?: unknown): Promise<DirectAnswer> {
  const answer = await direct.ask(path, { method: "POST", body, handoff: fake.handoff({ data }) });
  expect(answer.status, answer.text).toBe(200);
  return answer;
}

/** The names of attributes that patches touch. */
const touched = ({ patches }: DirectAnswer) => new Set(patches.flatMap((patch) => Object.keys(patch)));

/** The headers by which a response asks Moor for changes. */
export const changes: readonly Case[] = [
  {
    id: "unchanged",
    name: "sends no header for a session that did not change",
    async play({ direct, fake }) {
      const handoff = fake.handoff({ data: { a: 1, list: [1.5], object: { b: {} } } });
      for (const path of ["/read", "/plain", "/pid"]) expect((await direct.ask(path, { handoff })).moor).toEqual({});
    },
  },
  {
    id: "changed-only",
    name: "sends the attribute that changed, and no other",
    async play(world) {
      const before = { a: 1, b: { c: 2 }, d: ["x"] };
      const answer = await post(world, "/set?k=a", before, 5);
      expect(patched(before, answer)).toMatchObject({ ...before, a: 5 });
      expect([...touched(answer)]).not.toEqual(expect.arrayContaining(["b"]));
      expect([...touched(answer)]).not.toEqual(expect.arrayContaining(["d"]));
    },
  },
  {
    id: "same-value",
    name: "sends nothing for an attribute that was set to its own value",
    async play(world) {
      const before = { a: { b: [1, "x", true] } };
      expect(touched(await post(world, "/set?k=a", before, { b: [1, "x", true] }))).not.toContain("a");
    },
  },
  {
    id: "removed",
    name: "sends a removal as null",
    async play(world) {
      const answer = await post(world, "/delete?k=a", { a: 1, b: 2 });
      expect(patched({ a: 1, b: 2 }, answer)).not.toHaveProperty("a");
      expect(touched(answer)).not.toContain("b");
    },
  },
  {
    id: "ascii",
    name: "sends names and values in ASCII",
    async play(world) {
      const answer = await post(
        world,
        `/set?k=${encodeURIComponent("Größe 🍑")}`,
        {},
        "桃\r\nMoor-End: 1\u0000\u007f\u2028",
      );
      expect(answer.moor["moor-patch"]).toMatch(ASCII);
      expect(answer.moor).not.toHaveProperty("moor-end");
      expect(patched({}, answer)).toHaveProperty(["Größe 🍑"], "桃\r\nMoor-End: 1\u0000\u007f\u2028");
    },
  },
  {
    id: "smaller-object",
    name: "removes the members that an object has lost",
    async play(world) {
      const answer = await post(world, "/set?k=a", { a: { b: 1, c: { d: 1 } } }, { b: 2 });
      expect(patched({ a: { b: 1, c: { d: 1 } } }, answer)).toHaveProperty("a", { b: 2 });
    },
  },
  {
    id: "foreign-tag",
    name: "leaves a value that another language has tagged as it is",
    async play(world) {
      const before = { a: 1, theirs: { $other: "AAECAw==" } };
      const { status } = await world.direct.ask("/read", { handoff: world.fake.handoff({ data: before }) });
      expect(status).toBe(200);
      expect(touched(await post(world, "/set?k=a", before, 2))).not.toContain("theirs");
    },
  },
  {
    id: "regenerate",
    name: "sends Moor-Rotate for a new id",
    async play(world) {
      expect((await post(world, "/regenerate", { a: 1 })).moor).toMatchObject({ "moor-rotate": "1" });
    },
  },
  {
    id: "login-rotates",
    name: "sends Moor-Rotate or Moor-Principal for a login",
    async play(world) {
      const { moor } = await post(world, "/login?user=alice", { a: 1 });
      expect("moor-rotate" in moor || "moor-principal" in moor).toBe(true);
    },
  },
  {
    id: "login-principal",
    name: "sends the user of a login as Moor-Principal",
    async play(world) {
      const { moor } = await post(world, "/login?user=alice", { a: 1 });
      expect(moor).toMatchObject({ "moor-principal": "alice" });
    },
  },
  {
    id: "login-not-ascii",
    name: "sends a user whose id is not ASCII percent-encoded",
    async play(world) {
      const { moor } = await post(world, `/login?user=${encodeURIComponent("Zoë 5%")}`, {});
      expect(moor).toMatchObject({ "moor-principal": "Zo%C3%AB%205%25" });
    },
  },
  {
    id: "logout",
    name: "ends the session at a logout, or rotates it with everything removed",
    async play(world) {
      const before = { a: 1, b: { c: 1 } };
      const answer = await post(world, "/logout", before);
      if (answer.moor["moor-end"] === "1") return;
      expect(answer.moor).toMatchObject({ "moor-rotate": "1" });
      expect(patched(before, answer)).not.toMatchObject({ a: 1 });
      expect(patched(before, answer)).not.toHaveProperty("b");
    },
  },
  {
    id: "clear-and-set",
    name: "rotates, and does not end the session, when a response clears it and sets a value",
    async play(world) {
      const before = { a: 1, b: { c: 1 } };
      const answer = await post(world, "/clear-and-set?k=d", before);
      expect(answer.moor).toMatchObject({ "moor-rotate": "1" });
      expect(answer.moor).not.toHaveProperty("moor-end");
      const after = patched(before, answer);
      expect([Object.hasOwn(after, "a"), Object.hasOwn(after, "b"), Object.hasOwn(after, "d")]).toEqual([
        false,
        false,
        true,
      ]);
    },
  },
  {
    id: "large-by-headers",
    name: "sends the large change of a session that is not stored yet by headers",
    async play({ direct, fake }) {
      const handoff = fake.handoff({ sid: undefined, ver: 0, new: true, data: undefined });
      fake.takeCalls();
      const answer = await direct.ask("/large?k=a&bytes=6000", { method: "POST", handoff });
      expect(answer.status, answer.text).toBe(200);
      expect(patched({}, answer)).toHaveProperty("a", expect.stringMatching(/^.{6000}$/));
      expect(fake.takeCalls()).toEqual([]);
    },
  },
  {
    id: "large-by-api",
    name: "stores more than 4 KiB by the session API, and tells the client's version",
    async play({ direct, fake }) {
      fake.session = { version: 5, attributes: { b: 1 } };
      fake.takeCalls();
      const handoff = fake.handoff({ data: { b: 1 } });
      const { status, text, moor } = await direct.ask("/large?k=a&bytes=20000", { method: "POST", handoff });
      expect(status, text).toBe(200);
      expect(moor).toEqual({ "moor-version": "6" });
      const calls = fake.takeCalls();
      expect(calls).toMatchObject([{ method: "PATCH", bearer: handoff }]);
      expect(calls[0]?.body).toHaveProperty("a", expect.stringMatching(/^.{20000}$/));
      expect(calls[0]?.body).not.toHaveProperty("b");
    },
  },
  {
    id: "large-unavailable",
    name: "does not answer with success when the session API does not take a change",
    async play({ direct, fake }) {
      fake.session = undefined;
      const answer = await direct.ask("/large?k=a&bytes=20000", { method: "POST", handoff: fake.handoff() });
      expect(answer.status).toBeGreaterThanOrEqual(500);
      expect(answer.moor).toEqual({});
    },
  },
  {
    id: "late-by-api",
    name: "stores a change after the headers by the session API, and nothing else",
    async play({ direct, fake }) {
      fake.session = { version: 5, attributes: { b: 1 } };
      fake.takeCalls();
      const handoff = fake.handoff({ data: { b: 1 } });
      const answer = await direct.ask("/late?k=a", { method: "POST", handoff });
      expect([answer.status, touched(answer).has("a")], answer.text).toEqual([200, false]);
      // A drop-in may first read a session that its process has changed, because this handoff is older than that change.
      const calls = fake.takeCalls().filter(({ method }) => method !== "GET");
      expect(calls).toMatchObject([{ method: "PATCH", bearer: handoff }]);
      expect(calls[0]?.body).toHaveProperty("a");
      expect(calls[0]?.body).not.toHaveProperty("b");
    },
  },
];
