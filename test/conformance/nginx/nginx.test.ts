/** @needs nginx */
import { Agent, request } from "node:http";
import { afterAll, describe, expect, it } from "vitest";
import { readNginxConfig } from "../../../bin/import/nginx/directives.ts";
import { importNginx } from "../../../bin/import/nginx/import.ts";
import { readConfig } from "../../../src/config/read.ts";
import type { MoorConfig } from "../../../src/config/types.ts";
import { createPool } from "../../../src/upstream/pool.ts";
import { startLocalOrigin } from "../../support/node/local-origin.ts";
import { startNginx } from "../../support/node/nginx.ts";
import { DEAD_PORT, freePort } from "../../support/node/ports.ts";
import { startMoor } from "../../support/node/workerd.ts";
import { MAPPINGS, type Mapping } from "./upstreams.ts";

const KEYS = 1_000;

const origins = await Promise.all(["a", "b", "c", "d", "e"].map(startLocalOrigin));
const places = { alive: origins.map(({ port }) => `127.0.0.1:${port}`), dead: `127.0.0.1:${DEAD_PORT}` };
const ports = new Map<string, number>();
for (const { name } of MAPPINGS) ports.set(name, await freePort());

const http = MAPPINGS.map(
  ({ name, block }) => `  upstream ${name} { ${block(places)} }
  server { listen 127.0.0.1:${ports.get(name)}; server_name ${name}.test; location / { proxy_pass http://${name}; } }`,
).join("\n");
const nginx = await startNginx(http, ports.get("ip-plain") as number);

const imported = importNginx(await readNginxConfig(nginx.file), { oneAddress: false });
const config: MoorConfig = {
  pools: [...imported.pools],
  routes: imported.pools.map(({ id }) => ({ host: `${id}.test`, path: "/*", pool: id, session: false })),
};
const moor = await startMoor(config);
const agent = new Agent({ keepAlive: true, maxSockets: 16 });

afterAll(async () => {
  agent.destroy();
  await Promise.all([moor.stop(), nginx.stop(), ...origins.map((origin) => origin.stop())]);
});

type Asked = ReturnType<Mapping["ask"]>;

/** The name of the origin that answers a request. */
function answerOf(port: number, host: string, { headers = {}, query = "" }: Asked): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = { Host: host, "X-Forwarded-Proto": "https", ...headers };
    request({ host: "127.0.0.1", port, path: `/${query}`, headers: sent, agent }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve(response.statusCode === 200 ? text : `status ${response.statusCode}`));
    })
      .on("error", reject)
      .end();
  });
}

const answersOf = (port: number, { name, ask }: Mapping) =>
  Promise.all(Array.from({ length: KEYS }, (_, i) => answerOf(port, `${name}.test`, ask(i))));

/** The origins that Moor's own functions choose when they know the dead server. */
function choicesOf({ name, ask }: Mapping): (string | undefined)[] {
  const read = readConfig(config);
  if (read.kind === "invalid") throw new Error(JSON.stringify(read.mistakes));
  const pool = createPool(read.config.pools.find(({ id }) => id === name) as (typeof read.config.pools)[number]);
  pool.config.origins.forEach(({ url }, index) => {
    if (url.endsWith(places.dead)) pool.health.failed(index, false, 0);
  });
  return Array.from({ length: KEYS }, (_, i) => {
    const { headers: given = {}, query = "" } = ask(i);
    const headers = new Headers(given as Record<string, string>);
    const clientIp = headers.get("CF-Connecting-IP") ?? undefined;
    const url = new URL(`https://${name}.test/${query}`);
    const facts = { sessionId: `s${i}`, sessionIsFresh: true, bornAt: 0, headers, url, clientIp };
    const [first] = pool.choose(facts, { resendable: false, now: 0 }).order;
    return origins.find(({ port }) => first?.id.endsWith(`-${port}`))?.name;
  });
}

/**
 * The origins that nginx chooses. On a loaded machine nginx may take a live server for a failed one, and go to the
 * next. So it is asked once more where its answer differs from Moor's.
 */
async function nginxAnswersOf(mapping: Mapping): Promise<string[]> {
  const port = ports.get(mapping.name) as number;
  const [first, expected] = [await answersOf(port, mapping), choicesOf(mapping)];
  const ask = (i: number) => answerOf(port, `${mapping.name}.test`, mapping.ask(i));
  return Promise.all(first.map((answer, i) => (answer === expected[i] ? answer : ask(i))));
}

const nginxAnswers = new Map<string, string[]>();
for (const mapping of MAPPINGS) nginxAnswers.set(mapping.name, await nginxAnswersOf(mapping));

describe("the configuration of an nginx at work", () => {
  it("is imported whole", () => {
    expect(imported.refused).toEqual([]);
    expect(imported.pools).toHaveLength(MAPPINGS.length);
  });
});

describe.each(MAPPINGS)("the mapping $name of nginx", (mapping) => {
  const expected = nginxAnswers.get(mapping.name) as string[];

  it(`is that of Moor for ${KEYS} keys`, () => {
    expect(new Set(expected).size).toBeGreaterThan(mapping.name === "hash-backup" ? 0 : 1);
    expect(expected.filter((name) => name.startsWith("status"))).toEqual([]);
    if (mapping.name !== "hash-cookie-utf8") expect(choicesOf(mapping)).toEqual(expected);
  });

  it(`is that of Moor over HTTP for ${KEYS} keys`, async () => {
    // The isolate learns from its first requests that the dead server is gone.
    await expect.poll(() => answersOf(moor.port, mapping)).toEqual(expected);
  });
});
