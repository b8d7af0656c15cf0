import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { testEndpointOfStore } from "./endpoint.suite.ts";
import { forgedOf, type Move, sessionOf, startMove } from "./move.ts";

describe.each([
  { kind: "express", cookie: "connect.sid", endpoint: "moor/express/adopt" },
  { kind: "fetch", cookie: "sid", endpoint: "moor/adopt" },
])(
  "a visitor of a shop in Node, with its sessions in memory and the endpoint of $endpoint",
  ({ kind, cookie: name }) => {
    let move: Move;
    beforeAll(async () => {
      const argv = [process.execPath, resolve("test/conformance/adoption/old-node.ts"), kind];
      move = await startMove(() => ({ argv }), name);
    });
    afterAll(() => move?.stop());

    it("sees their login and their basket on the first page through Moor", async () => {
      const session = await sessionOf(move.bringing(await move.visitor("alice")));
      expect(session).toMatchObject({ sub: "alice", data: { user: "alice", basket: { apples: 2 } } });
    });

    testEndpointOfStore(() => move);

    it("gets a fresh session with a forged cookie", async () => {
      const cookie = await move.visitor("dora");
      expect(await sessionOf(move.bringing(forgedOf(cookie)))).toMatchObject({ new: true });
    });
  },
);
