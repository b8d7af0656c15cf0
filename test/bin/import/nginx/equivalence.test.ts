/** @needs nginx */

import { globSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { type Directive, findAll, readNginxConfig } from "../../../../bin/import/nginx/directives.ts";
import { importNginx } from "../../../../bin/import/nginx/import.ts";
import { type LocalOrigin, startLocalOrigin } from "../../../support/node/local-origin.ts";
import { startNginx } from "../../../support/node/nginx.ts";
import { freePort } from "../../../support/node/ports.ts";
import { type Asked, balancerAnswer, isTold, moorAnswer, requestsNear } from "../equivalence.ts";

/** Directives that need files, modules or names that are not here, and that choose no server. */
const LEFT_OUT =
  /^(?:ssl|http2|access_log|error_log|resolver|user|worker_|events|sendfile|keepalive|sticky|zone|proxy_cache|limit_req|gzip_static|auth_basic|hash|ip_hash|least_conn)/;
const RUNS = 300;

const files = globSync("test/bin/import/gallery/nginx/*.conf").sort();
const stops: (() => Promise<void>)[] = [];
afterAll(async () => {
  await Promise.all(stops.map((stop) => stop()));
});

/** A configuration at work in nginx: its servers are origins on loopback that answer with the address in the file. */
async function startGallery(directives: readonly Directive[]): Promise<number> {
  const origins = new Map<string, Promise<LocalOrigin>>();
  stops.push(async () => void (await Promise.all([...origins.values()].map(async (origin) => (await origin).stop()))));
  async function placeOf(address: string): Promise<string> {
    const full = /:\d+$/.test(address) ? address : `${address}:80`;
    const starting = origins.get(full) ?? startLocalOrigin(full);
    origins.set(full, starting);
    return `127.0.0.1:${(await starting).port}`;
  }
  const upstreams = [...findAll(directives, "upstream")].map(({ directive }) => directive.args[0]);
  const ports = new Map<string, Promise<number>>();

  async function written({ name, args, block }: Directive): Promise<string> {
    if (LEFT_OUT.test(name)) return "";
    if (name === "upstream") {
      const first = block?.find((each) => each.name === "server")?.args[0] ?? "";
      const place = first.startsWith("unix:") ? first : await placeOf(first);
      return `upstream ${args[0]} { server ${place}; }`;
    }
    if (name === "listen") {
      const port = /(\d+)$/.exec(args[0] ?? "")?.[1] ?? "80";
      if (args[0]?.startsWith("[")) return "";
      ports.set(port, ports.get(port) ?? freePort());
      return `listen 127.0.0.1:${await ports.get(port)} ${args.includes("default_server") ? "default_server" : ""};`;
    }
    const given = name === "proxy_pass" || name === "set" ? await Promise.all(args.map(onLoopback)) : args;
    const words = [name, ...given].map((word) => `"${word.replace(/[\\"]/g, "\\$&")}"`).join(" ");
    return block ? `${words} { ${(await Promise.all(block.map(written))).join("\n")} }` : `${words};`;
  }

  async function onLoopback(text: string): Promise<string> {
    const [, scheme = "", authority = "", rest = ""] =
      /^(https?:\/\/)?([^/$]+:\d+|[\d.]+|[\w.]+\.test)(\/.*)?$/.exec(text) ?? [];
    if (authority === "" || upstreams.includes(authority)) return text;
    const full = scheme === "https://" && !/:\d+$/.test(authority) ? `${authority}:443` : authority;
    return `${scheme && "http://"}${await placeOf(full)}${rest}`;
  }

  const http = directives.find(({ name }) => name === "http")?.block ?? directives;
  const text = (await Promise.all(http.map(written))).join("\n");
  const port = await (ports.get("443") ?? ports.get("80") ?? ([...ports.values()][0] as Promise<number>));
  const nginx = await startNginx(text, port);
  stops.push(() => nginx.stop());
  return port;
}

describe.each(files)("%s", async (file) => {
  const config = await readNginxConfig(file);
  const draft = importNginx(config, { oneAddress: true });
  const text = await readFile(file, "utf8");
  const nginx = balancerAnswer(await startGallery(config.directives));
  const moor = moorAnswer(draft);

  it("sends each request to the servers that nginx chooses, or a note tells of it", async () => {
    const answered = { same: 0, told: 0 };
    await fc.assert(
      fc.asyncProperty(requestsNear(text), async (asked: Asked) => {
        const [there, here] = [await nginx(asked), moor(asked)];
        const isSame = there.length === 0 ? here.length === 0 : here.includes(there[0] as string);
        if (!isSame && !isTold(draft, asked)) expect({ asked, servers: here }).toEqual({ asked, servers: there });
        answered[isSame ? "same" : "told"]++;
      }),
      { numRuns: RUNS },
    );
    expect(answered.same, basename(file)).toBeGreaterThan(RUNS / 10);
  });
});
