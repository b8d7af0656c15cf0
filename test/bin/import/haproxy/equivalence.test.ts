/** @needs haproxy */
import { globSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { importHaproxy } from "../../../../bin/import/haproxy/import.ts";
import { startLocalOrigin } from "../../../support/node/local-origin.ts";
import { freePort } from "../../../support/node/ports.ts";
import { startServer } from "../../../support/node/started.ts";
import { type Asked, balancerAnswer, isTold, moorAnswer, requestsNear } from "../equivalence.ts";

/** Lines that need files or rights that are not here, or that ask servers beforehand, and that choose no server. */
const LEFT_OUT =
  /^\s*(?:log|user|group|daemon|option (?:httpchk|mysql-check|httplog)|http-check|http-request|redirect|default-server|use_backend %\[)\b/;
const RUNS = 300;

const files = globSync("test/bin/import/gallery/haproxy/*.cfg").sort();
const stops: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  await Promise.all(stops.map((stop) => stop()));
});

/** A configuration at work in HAProxy. Each section has a single server, on loopback, that answers with the first address of the section. */
async function startGallery(text: string): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), "moor-haproxy-"));
  stops.push(() => rm(folder, { recursive: true, force: true }));
  const ports = new Map<string, number>();
  const lines: string[] = [];
  let hasServer = false;
  for (const line of text.split("\n")) {
    if (/^\w/.test(line)) hasServer = false;
    const bind = /^\s*bind\s+\S*?:(\d+)/.exec(line);
    const server = /^\s*server (\S+) (\S+)/.exec(line);
    if (bind?.[1] !== undefined) {
      const port = ports.get(bind[1]) ?? (await freePort());
      ports.set(bind[1], port);
      lines.push(`    bind 127.0.0.1:${port}`);
    } else if (server && !hasServer) {
      const origin = await startLocalOrigin(server[2] as string);
      stops.push(() => origin.stop());
      lines.push(`    server ${server[1]} 127.0.0.1:${origin.port}`);
      hasServer = true;
    } else if (!server && !LEFT_OUT.test(line)) lines.push(line);
  }
  const file = join(folder, "haproxy.cfg");
  await writeFile(file, `${lines.join("\n")}\n`);
  const port = ports.get("443") ?? ports.get("80") ?? ([...ports.values()][0] as number);
  const haproxy = await startServer(["haproxy", "-db", "-f", file], port, { needs: "haproxy" });
  stops.push(() => haproxy.kill());
  return port;
}

describe.each(files)("%s", async (file) => {
  const text = await readFile(file, "utf8");
  const draft = await importHaproxy(file);
  const haproxy = balancerAnswer(await startGallery(text));
  const moor = moorAnswer(draft);

  it("sends each request to the servers that HAProxy chooses, or a note tells of it", async () => {
    const answered = { same: 0, told: 0 };
    await fc.assert(
      fc.asyncProperty(requestsNear(text), async (asked: Asked) => {
        const [there, here] = [await haproxy(asked), moor(asked)];
        const isSame = there.length === 0 ? here.length === 0 : here.includes(there[0] as string);
        if (!isSame && !isTold(draft, asked)) expect({ asked, servers: here }).toEqual({ asked, servers: there });
        answered[isSame ? "same" : "told"]++;
      }),
      { numRuns: RUNS },
    );
    expect(answered.same, basename(file)).toBeGreaterThan(RUNS / 5);
  });
});
