import { createServer, type Socket } from "node:net";

/**
 * An origin that must never slow a measurement down. It reads no more of a request than its path, and answers with
 * bytes that are ready. It runs in a process of its own and tells its parent its port.
 *
 * `/patch/NAME/BYTES` asks Moor to set attribute NAME to that many bytes, `/large` answers with 1 MiB, anything else
 * with a page of 1 KiB. `/framework` has the headers of a framework beside. Requests have no body.
 */
const HEAD_END = Buffer.from("\r\n\r\n");
const PATCH = /^POST \/patch\/(\w+)\/(\d+)/;
const FRAMEWORK = /^GET (\/strict)?\/framework/;
const LARGE = /^GET (\/strict)?\/large/;

const page = answer(1_024);
const frameworkPage = answer(
  1_024,
  [
    "Date: Tue, 01 Dec 2026 12:00:00 GMT",
    "Server: nginx",
    "Vary: Accept-Encoding",
    'ETag: W/"400-abc"',
    "X-Frame-Options: DENY",
    "X-Content-Type-Options: nosniff",
    "Strict-Transport-Security: max-age=31536000",
    "Referrer-Policy: same-origin",
    "",
  ].join("\r\n"),
);
const large = answer(1_048_576);

function answer(bodyBytes: number, header = ""): Buffer {
  const head = `HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: ${bodyBytes}\r\n${header}\r\n`;
  return Buffer.from(head + "x".repeat(bodyBytes));
}

function answerTo(request: Buffer): Buffer {
  const target = request.toString("latin1", 0, 64);
  const [, name, bytes] = PATCH.exec(target) ?? [];
  if (name !== undefined) {
    const value = `${process.hrtime.bigint()}`.padEnd(Number(bytes), "v");
    return answer(2, `Moor-Patch: ${JSON.stringify({ [name]: value })}\r\n`);
  }
  if (FRAMEWORK.test(target)) return frameworkPage;
  return LARGE.test(target) ? large : page;
}

function serve(socket: Socket): void {
  let begun: Buffer | undefined;
  socket.setNoDelay(true);
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk) => {
    const request = begun ? Buffer.concat([begun, chunk]) : chunk;
    begun = undefined;
    if (request.subarray(-4).equals(HEAD_END)) socket.write(answerTo(request));
    else begun = request;
  });
}

const server = createServer(serve).listen(0, "127.0.0.1", () => {
  const address = server.address();
  process.send?.({ port: typeof address === "object" ? address?.port : 0 });
});
process.on("disconnect", () => process.exit());
