import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { fronting, readyUrl, startServer } from "./moor-dev.ts";
import { createProject, type Running } from "./project.ts";

interface Asked {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** A request with exactly these headers: `fetch` sets some of its own. */
async function ask(url: string, headers: Record<string, string> = {}): Promise<Asked> {
  const sent = request(url, { headers });
  sent.end();
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) text += chunk;
  return { status: response.statusCode, headers: response.headers, text };
}

/** A server that answers the headers of a request, and redirects from `/away` to its public address. */
async function startEcho(): Promise<string> {
  const server = createServer(({ url, headers }, response) => {
    const { "x-forwarded-host": host, "x-forwarded-proto": scheme } = headers;
    if (url === "/away") response.statusCode = 302;
    response.setHeader("Location", `${String(scheme)}://${String(host)}/home`);
    // wrangler's local server compresses pages, as Cloudflare does.
    response.setHeader("Content-Type", "application/octet-stream");
    response.end(JSON.stringify(headers));
  });
  new WebSocketServer({ server }).on("connection", (socket) => socket.send("hello"));
  server.listen(0, "127.0.0.1");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const received = ({ text }: Asked) => JSON.parse(text) as IncomingHttpHeaders;

async function startTunneled(server: string): Promise<Running> {
  const project = await createProject();
  return project.start(["dev", "--port", "0", "--origin", server, "--public-url", "https://abc.example.net"]);
}

describe("moor dev --public-url", () => {
  it("takes the requests of tunnels for requests to the public URL, whichever headers they set", async () => {
    const running = await startTunneled(await startEcho());
    const url = await readyUrl(running);
    expect(running.output.stdout).toContain("public https://abc.example.net\n");
    const port = new URL(url).port;
    const tunnels = [
      { Host: "abc.example.net", "X-Forwarded-Proto": "https", Origin: "https://abc.example.net" },
      { Host: `localhost:${port}`, "X-Forwarded-Host": "abc.example.net", Origin: "https://abc.example.net" },
    ];
    for (const headers of tunnels) {
      const answer = await ask(`${url}/page`, { ...headers, "Sec-Fetch-Mode": "navigate" });
      expect(answer.status).toBe(200);
      expect(answer.headers["set-cookie"]?.[0]).toMatch(new RegExp(`^__Host-moor-${port}=.+; Secure;`));
      expect(received(answer)).toMatchObject({
        "x-forwarded-host": "abc.example.net",
        "x-forwarded-proto": "https",
        origin: "https://abc.example.net",
      });
      const away = await ask(`${url}/away`, headers);
      expect([away.status, away.headers.location]).toEqual([302, "https://abc.example.net/home"]);
    }
    const [, claims = ""] = String(received(await ask(url))["moor-session"]).split(".");
    expect(JSON.parse(Buffer.from(claims, "base64url").toString())).toMatchObject({ iss: url });
    expect((await ask(`${url}/.moor/jwks.json`)).status).toBe(200);
  });

  it("passes on WebSockets", async () => {
    const url = new URL("/socket", await readyUrl(await startTunneled(await startEcho())));
    const socket = new WebSocket(url.href.replace("http", "ws"), { headers: { Host: "abc.example.net" } });
    onTestFinished(() => socket.terminate());
    const [message] = (await once(socket, "message")) as [Buffer];
    expect(message.toString()).toBe("hello");
  });

  it.each(["http://abc.example.net", "https://abc.example.net/app", "abc.example.net"])("refuses %s", async (url) => {
    const project = await createProject();
    expect(await project.run("dev", "--public-url", url)).toMatchObject({
      code: 2,
      stderr: `moor dev: --public-url: found "${url}", accepted: https:// and a host, as in https://abc.example.net\n`,
    });
  });
});

describe("two moor dev on one machine", () => {
  it("have cookies of different names, so that one does not log visitors of the other out", async () => {
    const server = await startServer("one");
    const started = [await createProject(), await createProject()].map((project) => fronting(project, [server]));
    const urls = await Promise.all(started.map(async (running) => readyUrl(await running)));
    const names = await Promise.all(
      urls.map(async (url) => (await ask(url)).headers["set-cookie"]?.[0]?.split("=")[0]),
    );
    expect(names).toEqual(urls.map((url) => `moor-${new URL(url).port}`));
  });
});

describe("the encodings that a client accepts, in moor dev", () => {
  it("reach the origin as the client sent them", async () => {
    const url = await readyUrl(await fronting(await createProject(), [await startEcho()]));
    for (const accepted of ["identity", "zstd, br;q=0.5", "gzip"]) {
      expect(received(await ask(url, { "Accept-Encoding": accepted }))["accept-encoding"]).toBe(accepted);
    }
    expect(received(await ask(url))["accept-encoding"]).toBe(undefined);
  });
});
