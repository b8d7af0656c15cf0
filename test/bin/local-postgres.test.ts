/** @needs postgresql */
import postgres from "postgres";
import { expect, it, onTestFinished } from "vitest";
import { startLocalPostgres } from "../../bin/stores/local-postgres.ts";
import { remaining } from "../support/node/processes.ts";

it("starts again after a crash, once the last process of the killed server has let go of its memory", async () => {
  const server = await startLocalPostgres();
  onTestFinished(() => server.stop());
  const sql = postgres(server.url, { max: 1, onnotice() {} });
  onTestFinished(() => sql.end({ timeout: 0 }));
  const [{ pid: session }] = await sql<[{ pid: number }]>`SELECT pg_backend_pid() AS pid`;
  process.kill(session, "SIGSTOP");
  const killed = server.pid;
  process.kill(killed, "SIGKILL");
  await remaining([killed]);

  let isOver = false;
  const started = server.start().finally(() => {
    isOver = true;
  });
  const first = server.pid;
  // A second attempt shows that the first was refused.
  await expect.poll(() => isOver || server.pid !== first).toBe(true);
  process.kill(session, "SIGKILL");
  await started;
  const again = postgres(server.url, { max: 1, onnotice() {} });
  onTestFinished(() => again.end({ timeout: 0 }));
  expect(await again`SELECT 1 AS one`).toMatchObject([{ one: 1 }]);
});
