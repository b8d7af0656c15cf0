import { expect } from "vitest";
import type { Case } from "../cases.ts";

const PARALLEL = 200;

/** A session's life through Moor, on two servers. */
export const lives: readonly Case[] = [
  {
    id: "other-server",
    name: "shows on one server the changes and removals of the other",
    async play({ visitor, to }) {
      const { post, read, get } = visitor();
      for (const name of ["a", "b"] as const) {
        await post(`/set?k=${name}&to=${to[name]}`, { by: name });
        expect(await get(`/pid?to=${to[name]}`)).toMatchObject({ name });
      }
      for (const server of [to.a, to.b]) expect(await read(server)).toMatchObject({ a: { by: "a" }, b: { by: "b" } });
      await post(`/delete?k=a&to=${to.b}`);
      for (const server of [to.a, to.b]) {
        const attributes = await read(server);
        expect(attributes).toHaveProperty("b");
        expect(attributes).not.toHaveProperty("a");
      }
    },
  },
  {
    id: "new",
    name: "tells a session that is not stored from a stored session",
    async play({ visitor }) {
      const { post, get } = visitor();
      expect(await get("/read")).toMatchObject({ new: true });
      await post("/set?k=a", 1);
      expect(await get("/read")).toMatchObject({ new: false });
    },
  },
  {
    id: "unstored",
    name: "stores nothing for a visitor that only reads",
    async play({ visitor, site, to }) {
      const before = await site.moor.storedSessions();
      const { read, get } = visitor();
      for (const server of [to.a, to.b]) expect(await read(server)).toEqual({});
      await get("/flash");
      expect(await site.moor.storedSessions()).toEqual(before);
    },
  },
  {
    id: "counter",
    name: "counts consecutive requests, whichever server answers",
    async play({ visitor, to }) {
      const { post } = visitor();
      for (let count = 1; count <= 10; count++) {
        const server = count % 3 === 0 ? to.a : to.b;
        expect(await post(`/incr?k=count&to=${server}`)).toEqual({ value: count });
      }
    },
  },
  {
    id: "parallel",
    name: `keeps the changes of ${PARALLEL} parallel requests, each to an attribute of its own`,
    async play({ visitor, to }) {
      const { post, read } = visitor();
      await post("/set?k=first", true);
      const servers = [to.a, to.b];
      const names = Array.from({ length: PARALLEL }, (_, index) => `k${index}`);
      await Promise.all(names.map((name, index) => post(`/set?k=${name}&to=${servers[index % 2]}`, index)));
      const expected = Object.fromEntries(names.map((name, index) => [name, index]));
      expect(await read()).toMatchObject({ first: true, ...expected });
    },
  },
  {
    id: "late",
    name: "keeps a change that the application makes after the headers",
    async play({ visitor }) {
      const { post, send, read } = visitor();
      await post("/set?k=first", true);
      expect((await send("/late?k=late")).status).toBe(200);
      await expect.poll(() => read()).toHaveProperty("late");
      expect(await read()).toMatchObject({ first: true });
    },
  },
  {
    id: "large-first",
    name: "keeps 6,000 bytes that are a visitor's first change",
    async play({ visitor, to }) {
      const { post, read } = visitor();
      await post("/large?k=large&bytes=6000");
      for (const server of [to.a, to.b]) expect((await read(server)).large).toHaveLength(6000);
    },
  },
  {
    id: "large",
    name: "keeps 40,000 bytes, which the next request sees at once",
    async play({ visitor, to }) {
      const { post, read } = visitor();
      await post("/set?k=first", true);
      await post(`/large?k=large&bytes=40000&to=${to.a}`);
      for (const server of [to.b, to.a]) {
        const attributes = await read(server);
        expect(attributes.large).toHaveLength(40_000);
        expect(attributes).toMatchObject({ first: true });
      }
      await post("/delete?k=large");
      expect(await read(to.b)).not.toHaveProperty("large");
    },
  },
  {
    id: "too-large",
    name: "answers with an error when the session would exceed 64 KiB, which stays as it was",
    async play({ visitor }) {
      const { post, send, read } = visitor();
      await post("/set?k=first", true);
      expect((await send("/large?k=large&bytes=70000")).status).toBeGreaterThanOrEqual(500);
      expect(await read()).toMatchObject({ first: true });
      expect(await read()).not.toHaveProperty("large");
    },
  },
  {
    id: "planted",
    name: "shows nothing of a login to a client that has planted the visitor's token",
    async play({ visitor }) {
      const attacker = visitor();
      await attacker.post("/set?k=planted", true);
      const victim = visitor(attacker.client.cookies);
      await victim.post("/login?user=victim");
      await victim.post("/set?k=secret", true);
      expect(await victim.read()).toMatchObject({ secret: true });
      // A framework that changes its session with every page is refused by Moor (409).
      expect((await attacker.ask("/read")).text).not.toContain("secret");
    },
  },
  {
    id: "regenerated",
    name: "keeps the values that are set after a new id",
    async play({ visitor, to }) {
      const { post, read, client } = visitor();
      await post("/set?k=before", 1);
      const proof = client.cookies.get("__Host-moor-gen");
      await post("/regenerate");
      expect(client.cookies.get("__Host-moor-gen")).not.toBe(proof);
      await post("/set?k=after", 2);
      for (const server of [to.a, to.b]) expect(await read(server)).toMatchObject({ after: 2 });
    },
  },
  {
    id: "logged-out",
    name: "shows nothing of the session after a logout, and takes new values",
    async play({ visitor, to }) {
      const { post, read } = visitor();
      await post("/login?user=alice");
      await post("/set?k=a", 1);
      await post("/logout");
      expect(await read()).not.toHaveProperty("a");
      await post("/set?k=b", 2);
      const attributes = await read(to.b);
      expect(attributes).toMatchObject({ b: 2 });
      expect(attributes).not.toHaveProperty("a");
    },
  },
  {
    id: "cleared",
    name: "keeps nothing but the new value when a response clears the session and sets a value",
    async play({ visitor, to }) {
      const { post, read } = visitor();
      await post("/set?k=a", { b: 1 });
      await post("/set?k=c", { d: 1 });
      await post("/clear-and-set?k=c");
      for (const server of [to.a, to.b]) {
        const attributes = await read(server);
        expect(attributes).not.toHaveProperty("a");
        expect(attributes).toHaveProperty("c");
        expect(attributes.c).not.toEqual({ d: 1 });
      }
    },
  },
  {
    id: "flash",
    name: "shows a flash once, on the other server too",
    async play({ visitor, to }) {
      const { post, get } = visitor();
      await post(`/flash?m=${encodeURIComponent("Saved: 桃")}&to=${to.a}`);
      expect(await get(`/flash?to=${to.b}`)).toEqual({ flash: "Saved: 桃" });
      expect(await get(`/flash?to=${to.a}`)).toEqual({ flash: null });
    },
  },
];
