import { expect } from "vitest";
import type { Case } from "../cases.ts";
import type { ServerName, Visitor, World } from "../world.ts";

/** A visitor whose own server is the server of that name, logged in, with a value of the language's own kind. */
async function visitorOf({ visitor }: World, server: ServerName): Promise<Visitor> {
  for (let tries = 0; tries < 100; tries++) {
    const found = visitor();
    await found.post("/login?user=alice");
    if ((await found.get<{ name: string }>("/pid")).name !== server) continue;
    await found.post("/set?k=basket", { apples: 2 });
    await found.post("/incr?k=count");
    await found.post("/native?kind=object");
    return found;
  }
  throw new Error(`no visitor has come to server ${server}`);
}

/** A case: the server of a visitor dies, and the session goes on at the other server. */
function survives(server: ServerName, other: ServerName): Case {
  return {
    id: `death-of-${server}`,
    name: `keeps the session of a visitor when server ${server} is killed, and when it is back`,
    async play(world) {
      const { get, post, read } = await visitorOf(world, server);
      const { kill, start } = world.servers[server];
      const native = await get("/native?kind=object");
      await kill();
      expect(await read()).toMatchObject({ basket: { apples: 2 }, count: 1 });
      expect(await get("/pid")).toMatchObject({ name: other });
      expect(await get("/native?kind=object")).toEqual(native);
      expect(await post("/incr?k=count")).toEqual({ value: 2 });
      await start();
      await expect.poll(async () => (await get<{ name: string }>("/pid")).name).toBe(server);
      expect(await read()).toMatchObject({ basket: { apples: 2 }, count: 2 });
      expect(await get("/native?kind=object")).toEqual(native);
    },
  };
}

/** Servers that die, in both orders. */
export const afterDeath: readonly Case[] = [survives("a", "b"), survives("b", "a")];
