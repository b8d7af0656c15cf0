import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Admin, createAdmin } from "../../src/api/app.ts";
import type { LogEntry } from "../../src/log.ts";
import { createMemory } from "../../src/store/memory.ts";
import type { Handoff } from "../../src/upstream/wire/handoff.ts";
import { pool, resolved } from "../config/configs.ts";
import { createTestHandoffs } from "../support/handoffs.ts";
import { oneSession } from "../support/one-session.ts";
import { T0 } from "../support/time.ts";

let handoff: Handoff;
let admin: Admin;
let logged: LogEntry[];
beforeAll(async () => {
  handoff = await createTestHandoffs();
});
beforeEach(() => {
  logged = [];
  const config = resolved({ pools: [pool()] });
  admin = createAdmin({ config, authority: oneSession().sessions, memory: createMemory(), handoff, clock: () => T0 });
});
const log = (entry: LogEntry) => void logged.push(entry);
const ask = (path: string, method = "GET") => admin.fetch(new Request(`http://moor.test${path}`, { method }), log);

describe("under /.moor/, without admin and principals", () => {
  it("the key set is there for anybody, for five minutes", async () => {
    const response = await ask("/.moor/jwks.json?any=1");
    expect(response.headers.get("Cache-Control")).toBe("public, max-age=300");
    expect(await response.json()).toEqual(await handoff.keySet());
  });

  it.each(["/.moor/jwks.json", "/.moor/session"])("HEAD is answered as GET is, without a body: %s", async (path) => {
    const [get, head] = [await ask(path), await ask(path, "HEAD")];
    expect([head.status, Array.from(head.headers)]).toEqual([get.status, Array.from(get.headers)]);
    expect([await head.text(), (await get.text()).length > 0]).toEqual(["", true]);
  });

  it.each([
    ["GET", "/.moor/nothing"],
    ["GET", "/.moor/session/"],
    ["GET", "/.moor/sessions"],
    ["DELETE", "/.moor/sessions/0123456789abcdefghijkl"],
    ["GET", "/.moor/admin/sessions"],
    ["GET", "/.moor/metrics"],
    ["POST", "/.moor/jwks.json"],
    ["PUT", "/.moor/session"],
    ["OPTIONS", "/.moor/session"],
  ])("nothing is there for %s %s", async (method, path) => {
    const response = await ask(path, method);
    expect([response.status, await response.json()]).toMatchObject([404, { code: "no_route" }]);
    expect(logged).toEqual([{ event: "request_refused", reason: "no_route" }]);
  });
});
