import { mkdtemp, readFile, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import express from "express";
import { buildMoor, buildScript, PLATFORM } from "../../test/support/node/build-worker.ts";
import { startLocalOrigin } from "../../test/support/node/local-origin.ts";
import { startMoor } from "../http/workerd.ts";
import { table } from "../table.ts";

/**
 * Measures how many bytes a browser receives when it comes back to a page of Express that has not changed, with the files of the
 * page. `node bench/reload/reload.ts` prints the table of docs/reference/http.md.
 */
const PAGE = "docs/reference/configuration.md";
const PATHS = ["/page", "/architecture.svg", "/README.md"];

/** Sends a GET on a connection of its own, and returns all bytes of the response. */
async function get(port: number, path: string, headers: readonly string[]): Promise<string> {
  const socket = connect(port, "127.0.0.1").setEncoding("latin1");
  socket.write([`GET ${path} HTTP/1.1`, "Host: localhost", "Connection: close", ...headers, "", ""].join("\r\n"));
  let text = "";
  for await (const chunk of socket) text += chunk;
  return text;
}

/** The bytes of all responses of a first visit, and of the visit after it by the same browser. */
async function visits(port: number): Promise<readonly [number, number]> {
  let [first, second] = [0, 0];
  let cookie: string[] = [];
  // The visitor has a session, and the token has come back once: the page itself brings no news.
  for (let before = 0; before < 3; before++) cookie = cookiesIn(await get(port, "/found", cookie), cookie);
  for (const path of PATHS) {
    const whole = await get(port, path, cookie);
    const [, etag] = /^etag: (.+)\r$/im.exec(whole) ?? [];
    if (etag === undefined) throw new Error(`${path} has no ETag`);
    first += whole.length;
    second += (await get(port, path, [...cookie, `If-None-Match: ${etag}`])).length;
  }
  return [first, second];
}

function cookiesIn(response: string, held: string[]): string[] {
  const [, token] = /^set-cookie: (moor=[^;]+)/im.exec(response) ?? [];
  return token === undefined ? held : [`Cookie: ${token}`];
}

const folder = await mkdtemp(join(tmpdir(), "moor-reload-"));
const app = express();
const page = await readFile(PAGE, "utf8");
app.get("/found", (request, response) => {
  if (!request.headers.cookie) response.setHeader("Moor-Patch", '{"a":1}');
  response.setHeader("Cache-Control", "private").end();
});
app.get("/page", (_, response) => void response.setHeader("Cache-Control", "no-cache").send(page));
app.use(express.static(resolve("docs")));
const origin = await startLocalOrigin("a");
origin.answers(app);
const [worker, platform] = await Promise.all([buildMoor(folder), buildScript(PLATFORM, folder)]);
const moor = await startMoor(
  { worker, platform },
  { pools: [{ id: "shop", origins: [{ id: "a", url: origin.url }] }] },
);
try {
  const rows = [
    ["the origin directly", await visits(origin.port)],
    ["through Moor, with a session", await visits(moor.port)],
  ] as const;
  const bytes = (count: number) => count.toLocaleString("en");
  console.log(
    table(
      ["", "first visit, bytes", "second visit, bytes"],
      rows.map(([name, [first, second]]) => [name, bytes(first), bytes(second)]),
    ),
  );
} finally {
  await moor.stop();
  await origin.stop();
  await rm(folder, { recursive: true });
}
