/** @any-runtime */
/** @quick */
import { afterAll, describe, expect, it } from "vitest";
import { ofObjectsAlone } from "../../support/node/authority.ts";
import { idOf } from "../../support/node/forge.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { startSite } from "../../support/node/site.ts";

const origin = await startOrigin("a");
const [site, brief] = await Promise.all([
  startSite([origin]),
  startSite([origin], { session: { firstIdleSeconds: 1 } }),
]);
afterAll(async () => {
  await Promise.all([site.stop(), brief.stop()]);
  await origin.kill();
});

interface Event {
  kind: string;
  session: string;
  reason?: string;
}

/** The events of a session in the log, by the first 8 characters of its id. */
function eventsOf(sid: string | undefined, { moor } = site): string[] {
  const events = moor.logged
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Event & { event: string })
    .filter(({ event, session }) => event === "session" && session === sid?.slice(0, 8));
  for (const { event, ...said } of events) {
    expect(Object.keys(said).filter((key) => !["kind", "session", "reason"].includes(key))).toEqual([]);
  }
  return events.map(({ kind, reason }) => (reason ? `${kind}: ${reason}` : kind));
}

describe("the log tells of a session", () => {
  it("its birth, its login, its rotation and its end, each once, and nothing that it holds", async () => {
    const client = site.client();
    await client.ask("/?set=basket:apples", { method: "POST" });
    await client.ask("/?login=alice", { method: "POST" });
    await client.ask("/?rotate", { method: "POST" });
    const { sid } = (await client.ask("/")).told.session;
    await client.ask("/?set=basket:pears", { method: "POST" });
    await client.ask("/?end", { method: "POST" });
    await expect
      .poll(() => eventsOf(sid))
      .toEqual(["created", "rotated", "principal-changed", "renewed", "rotated", "ended: ended"]);
    expect(site.indiscretions("alice", "apples", "pears")).toEqual([]);
  });

  it("a login as another principal: the end of one session, and the birth of the other", async () => {
    const client = site.client();
    await client.ask("/?login=alice", { method: "POST" });
    const { sid: former } = (await client.ask("/")).told.session;
    await client.ask("/?login=bob", { method: "POST" });
    const { sid } = (await client.ask("/")).told.session;
    await expect.poll(() => eventsOf(former).at(-1)).toBe("ended: principal-changed");
    await expect.poll(() => eventsOf(sid).slice(0, 3)).toEqual(["created", "rotated", "principal-changed"]);
  });

  const byAlarm = ofObjectsAlone("the cron job looks for rows that are over, and alarms tell of objects");
  it("its end by its deadline, although no request comes", byAlarm, async () => {
    const client = brief.client();
    // The handoff names a session from its second request on, and that request would renew it. So the name comes from
    // its own record.
    const { told } = await client.ask("/?set=basket:apples", { method: "POST" });
    expect(told.session).toMatchObject({ new: true });
    const sid = idOf(client.token ?? "");
    await expect.poll(() => eventsOf(sid, brief)).toEqual(["created", "ended: idle"]);
  });

  it("nothing, if it is stored nowhere", async () => {
    const client = site.client();
    await client.ask("/");
    await client.ask("/");
    expect(eventsOf(idOf(client.token ?? ""))).toEqual([]);
  });
});
