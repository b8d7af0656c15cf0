import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Client } from "../support/node/client.ts";
import { type RunningOrigin, startOrigin } from "../support/node/origins.ts";
import { type RunningMoor, startMoor } from "../support/node/workerd.ts";

let origins: RunningOrigin[];
let moor: RunningMoor;

beforeAll(async () => {
  origins = await Promise.all(["a", "b", "c"].map(startOrigin));
  moor = await startMoor({ pools: [{ id: "shop", origins: origins.map(({ name, url }) => ({ id: name, url })) }] });
});
afterAll(async () => {
  await moor?.stop();
  await Promise.all((origins ?? []).map((origin) => origin.kill()));
});

describe("a visitor whose server is stopped", () => {
  it("is answered by another server, with the same session and everything in it", async () => {
    const client = new Client(moor.port);
    await client.ask("/");
    await client.ask("/?set=basket:apples", { method: "POST" });
    await client.ask("/?login=alice", { method: "POST" });
    const before = (await client.ask("/")).told;
    expect(before.session).toMatchObject({ sub: "alice", data: { basket: "apples" } });

    const serving = origins.find(({ name }) => name === before.server);
    await serving?.kill();
    const after = (await client.ask("/")).told;

    expect(after.server).not.toBe(before.server);
    expect(after.session.sid).toBe(before.session.sid);
    expect(after.session).toMatchObject({ sub: "alice", data: { basket: "apples" } });
    await serving?.restart();
    client.close();
  });
});
