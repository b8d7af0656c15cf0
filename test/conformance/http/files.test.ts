/** @needs apache2-bin nginx */
/** @without-login */
/** @any-runtime */
import { mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { startApache } from "../../support/node/apache.ts";
import { startNginx } from "../../support/node/nginx.ts";
import { freePort } from "../../support/node/ports.ts";
import { startSite } from "../../support/node/site.ts";

const TEXT = "a text of some length, of which parts are asked for. ".repeat(100);
const folder = await mkdtemp(join(tmpdir(), "moor-files-"));
await writeFile(join(folder, "file.txt"), TEXT);
const [longAgo, modified] = ["2001-02-03", "2020-02-02"].map((day) => new Date(day).toUTCString()) as [string, string];
await utimes(join(folder, "file.txt"), new Date(modified), new Date(modified));

const ports = { nginx: await freePort(), apache: await freePort() };
const servers = await Promise.all([
  startNginx(
    `types { text/plain txt; }
  gzip on; gzip_types text/plain;
  server { listen 127.0.0.1:${ports.nginx}; location / { root ${folder}; } }`,
    ports.nginx,
  ),
  startApache(
    `DocumentRoot ${folder}
AddType text/plain txt
AddOutputFilterByType BROTLI_COMPRESS;DEFLATE text/plain`,
    ports.apache,
  ),
]);
const sites = Object.fromEntries(
  await Promise.all(
    Object.entries(ports).map(
      async ([name, port]) => [name, await startSite([{ name, url: `http://127.0.0.1:${port}` }])] as const,
    ),
  ),
);
afterAll(async () => {
  await Promise.all(Object.values(sites).map((site) => site.stop()));
  await Promise.all(servers.map((server) => server.stop()));
  await rm(folder, { recursive: true });
});

interface Answered {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: Buffer;
}

/** Asks for the file. */
function ask(port: number, headers: Record<string, string>, method = "GET", path = "/file.txt"): Promise<Answered> {
  const sent = { Host: "shop.test", "X-Forwarded-Proto": "https", ...headers };
  return new Promise((resolve, reject) => {
    httpRequest({ host: "127.0.0.1", port, path, method, headers: sent, agent: false }, async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk as Buffer);
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) });
    })
      .on("error", reject)
      .end();
  });
}

/** Headers about a connection or a moment. */
const OF_THE_MOMENT = ["date", "connection", "keep-alive", "transfer-encoding"];
/** An answer without these headers, and with a fixed boundary, because each answer has a new one. */
function comparable({ status, headers, body }: Answered) {
  const boundary = /boundary=(\S+)/.exec(String(headers["content-type"]))?.[1] ?? "\0";
  const same = (text: string) => text.replaceAll(boundary, "BOUNDARY");
  const kept = Object.entries(headers).filter(([name]) => !OF_THE_MOMENT.includes(name));
  return {
    status,
    headers: Object.fromEntries(kept.map(([name, value]) => [name, same(String(value))])),
    body: same(body.toString("latin1")),
  };
}

describe.each(Object.entries(ports))("a file of %s's", (name, direct) => {
  const port = () => sites[name]?.moor.port ?? 0;
  /** Asks the server with and without Moor in between. The answers are the same except for Moor's additions. */
  async function both(headers: Record<string, string>, method?: string, path?: string): Promise<Answered> {
    const [through, without] = [await ask(port(), headers, method, path), await ask(direct, headers, method, path)];
    const [one, other] = [comparable(through), comparable(without)];
    expect({ ...one, headers: {} }).toEqual({ ...other, headers: {} });
    expect(one.headers).toMatchObject(other.headers);
    const added = Object.keys(one.headers).filter((header) => !(header in other.headers));
    expect(added.filter((header) => header !== "set-cookie" && header !== "cache-control")).toEqual([]);
    return through;
  }
  const tag = async () => String((await ask(direct, {}, "HEAD")).headers.etag);

  it("comes whole, with its validators", async () => {
    const { status, headers, body } = await both({});
    expect([status, body.toString()]).toEqual([200, TEXT]);
    expect(headers).toMatchObject({ etag: await tag(), "last-modified": modified, "accept-ranges": "bytes" });
  });

  it("has its length for HEAD, and no body", async () => {
    const { status, headers, body } = await both({}, "HEAD");
    expect([status, headers["content-length"], body.length]).toEqual([200, String(TEXT.length), 0]);
  });

  it.each([
    ["bytes=2-6", TEXT.slice(2, 7), `bytes 2-6/${TEXT.length}`],
    ["bytes=5290-", TEXT.slice(5290), `bytes 5290-5299/${TEXT.length}`],
    ["bytes=-3", TEXT.slice(-3), `bytes 5297-5299/${TEXT.length}`],
  ])("comes in part for Range: %s (206)", async (range, part, contentRange) => {
    const { status, headers, body } = await both({ Range: range });
    expect([status, body.toString(), headers["content-range"]]).toEqual([206, part, contentRange]);
  });

  it("comes in several parts when several are asked for (multipart/byteranges)", async () => {
    const { status, headers, body } = await both({ Range: "bytes=0-3,10-14" });
    expect(status).toBe(206);
    expect(headers["content-type"]).toMatch(/^multipart\/byteranges; boundary=/);
    const parts = Array.from(body.toString().matchAll(/Content-Range: (.+)\r\n\r\n(.*)\r\n/gi), ([, ...part]) => part);
    expect(parts).toEqual([
      [`bytes 0-3/${TEXT.length}`, TEXT.slice(0, 4)],
      [`bytes 10-14/${TEXT.length}`, TEXT.slice(10, 15)],
    ]);
  });

  it("has no part behind its end (416)", async () => {
    expect((await both({ Range: "bytes=9999-" })).status).toBe(416);
  });

  it("comes in part only if If-Range names this version, else whole", async () => {
    const Range = "bytes=0-3";
    expect((await both({ Range, "If-Range": await tag() })).status).toBe(206);
    expect((await both({ Range, "If-Range": modified })).status).toBe(206);
    expect((await both({ Range, "If-Range": '"another"' })).status).toBe(200);
  });

  it("is not sent again to a client that has it (304), by ETag or by date", async () => {
    for (const headers of [
      { "If-None-Match": await tag() },
      { "If-None-Match": "*" },
      { "If-Modified-Since": modified },
    ]) {
      const { status, headers: answered, body } = await both(headers);
      expect([status, answered.etag, body.length]).toEqual([304, await tag(), 0]);
    }
    expect((await both({ "If-None-Match": '"another"' })).status).toBe(200);
    expect((await both({ "If-Modified-Since": longAgo })).status).toBe(200);
  });

  it("is not the version that If-Match or If-Unmodified-Since names (412)", async () => {
    expect((await both({ "If-Match": '"another"' })).status).toBe(412);
    expect((await both({ "If-Unmodified-Since": longAgo })).status).toBe(412);
    expect((await both({ "If-Match": await tag(), "If-Unmodified-Since": modified })).status).toBe(200);
  });

  it("comes compressed to a client that accepts it, and unchanged to a client that accepts nothing else", async () => {
    const { headers, body } = await both({ "Accept-Encoding": "gzip" });
    expect(headers["content-encoding"]).toBe("gzip");
    expect(gunzipSync(body).toString()).toBe(TEXT);
    for (const accepted of ["identity", "zstd", "gzip;q=0"]) {
      const answer = await both({ "Accept-Encoding": accepted });
      expect([answer.headers["content-encoding"], answer.body.toString()]).toEqual([undefined, TEXT]);
    }
  });

  it("comes in the coding that its server likes best", async () => {
    const { headers, body } = await both({ "Accept-Encoding": "gzip, br" });
    const [coding, decompress] = name === "apache" ? ["br", brotliDecompressSync] : ["gzip", gunzipSync];
    expect(headers["content-encoding"]).toBe(coding);
    expect(decompress(body).toString()).toBe(TEXT);
  });

  it("is missing (404), or not to be written (405), in the server's own words", async () => {
    expect((await both({}, "GET", "/none.txt")).status).toBe(404);
    expect((await both({ "Content-Length": "0" }, "DELETE")).status).toBe(405);
    expect((await both({ "Content-Length": "0" }, "PROPFIND")).status).toBe(405);
  });
});
