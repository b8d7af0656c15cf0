/** @needs golang-go */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { testEndpointOfStore } from "./endpoint.suite.ts";
import { type Move, sessionOf, startMove } from "./move.ts";

describe("a visitor of a shop in Go, with its sessions in memory", () => {
  let folder: string;
  let move: Move;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "moor-adopt-go-"));
    const server = join(folder, "shop");
    await promisify(execFile)("go", ["build", "-o", server, "./conformance/oldshop"], { cwd: "sdk/go" });
    move = await startMove(() => ({ argv: [server] }), "sid");
  });
  afterAll(async () => {
    await move?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it("sees their login and their basket on the first page through Moor", async () => {
    const session = await sessionOf(move.bringing(await move.visitor("alice")));
    expect(session).toMatchObject({ sub: "alice", data: { basket: { apples: 2 } } });
  });

  testEndpointOfStore(() => move);
});
