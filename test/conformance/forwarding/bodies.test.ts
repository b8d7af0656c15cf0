/** @without-login */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { request as httpRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { setImmediate } from "node:timers/promises";
import { afterAll, describe, expect, it } from "vitest";
import { startLocalOrigin } from "../../support/node/local-origin.ts";
import { startSite } from "../../support/node/site.ts";

const origin = await startLocalOrigin("a");
const site = await startSite([origin]);
afterAll(async () => {
  await site.stop();
  await origin.stop();
});

const MIB = 1024 * 1024;

describe("a body", () => {
  it("reaches the origin before the client has sent all of it", async () => {
    const seen = Promise.withResolvers<string>();
    origin.answers(async (request, response) => {
      request.once("data", (chunk: Buffer) => seen.resolve(chunk.toString()));
      await once(
        request.on("data", () => {}),
        "end",
      );
      response.end("done");
    });
    const upload = open({ method: "POST" });
    upload.write("the first half");
    expect(await seen.promise).toBe("the first half");
    upload.end("the second half");
    expect(await textOf(await answerTo(upload))).toBe("done");
  });

  it("reaches the client before the origin has sent all of it", async () => {
    const goOn = Promise.withResolvers<void>();
    origin.answers(async (_, response) => {
      response.write("the first half, ");
      await goOn.promise;
      response.end("the second half");
    });
    const answer = await answerTo(open().end());
    const [first] = (await once(answer, "data")) as [Buffer];
    expect(first.toString()).toBe("the first half, ");
    goOn.resolve();
    expect(await textOf(answer)).toBe("the second half");
  });

  it("of 200 MiB passes both ways at once, byte for byte, and is never held whole", { timeout: 60_000 }, async () => {
    origin.answers((request, response) => {
      request.pipe(response);
    });
    const chunk = Buffer.alloc(MIB, "0123456789abcdef~");
    const sent = createHash("sha1");
    const came = createHash("sha1");
    let bytes = 0;
    const upload = open({ method: "POST" });
    const answering = answerTo(upload).then(async (answer) => {
      for await (const part of answer as AsyncIterable<Buffer>) {
        bytes += part.length;
        came.update(part);
      }
    });
    for (let count = 0; count < 200; count++) {
      sent.update(chunk);
      if (upload.write(chunk)) await setImmediate();
      else await once(upload, "drain");
    }
    upload.end();
    await answering;
    expect(bytes).toBe(200 * MIB);
    expect(came.digest("hex")).toBe(sent.digest("hex"));
    expect(await site.moor.mostResidentBytes()).toBeLessThan(200 * MIB);
  });
});

function open(options: RequestOptions = {}) {
  const headers = { Host: "shop.test", "X-Forwarded-Proto": "https" };
  return httpRequest({ host: "127.0.0.1", port: site.moor.port, headers, agent: false, ...options });
}

async function answerTo(request: ReturnType<typeof open>): Promise<IncomingMessage> {
  const [answer] = (await once(request, "response")) as [IncomingMessage];
  return answer;
}

async function textOf(answer: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of answer.setEncoding("utf8")) text += chunk;
  return text;
}
