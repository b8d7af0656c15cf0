import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import type { LogEntry } from "../../../src/log.ts";
import { PoolFollows } from "../../../src/objects/pool/pool-follows.ts";
import { T0 } from "../../support/time.ts";

it("keeps the end of the following when the pool's object is replaced, for each application by itself", async () => {
  const logged: LogEntry[] = [];
  const work = (report: (follows: PoolFollows) => unknown) =>
    runInDurableObject(env.POOL_OBJECT.getByName("followed"), (_, storage) => {
      const parts = { storage: storage.storage, clock: () => T0, log: (entry: LogEntry) => void logged.push(entry) };
      return report(new PoolFollows(parts));
    });
  const gone = (from: string, nth: number) =>
    work((follows) => follows.report(from, { lived: 0, gone: { session: `s${nth}`, bornAt: T0 } }));
  for (let nth = 0; nth < 4; nth++) expect(await gone("app", nth)).toMatchObject({ ends: true });
  for (let nth = 4; nth < 9; nth++) expect(await gone("app", nth)).toMatchObject({ ends: false, stoppedAt: T0 });
  expect(await gone("other", 0)).toMatchObject({ ends: true });
  expect(logged).toEqual([{ event: "follow_stopped", kind: "app", reason: "5 of 5 sessions were gone" }]);
});
