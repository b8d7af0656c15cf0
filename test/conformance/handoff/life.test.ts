/** @without-login */
/** @any-runtime */
import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { decodeJwt, type JWTPayload } from "jose";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { startLocalOrigin } from "../../support/node/local-origin.ts";
import { startSite } from "../../support/node/site.ts";

const LIFE_SECONDS = 600;
const REUSE_SECONDS = 30;
const origins = await Promise.all([startLocalOrigin("a"), startLocalOrigin("b")]);
const site = await startSite(origins, { watched: true, handoff: { lifeSeconds: LIFE_SECONDS } });
afterAll(async () => {
  await site.stop();
  await Promise.all(origins.map((origin) => origin.stop()));
});

/** The claims of each request that came to an origin, and how many seconds were left of its handoff. */
let came: { claims: JWTPayload; left: number }[];
let elapsed = 0;
async function elapse(seconds: number) {
  await site.moor.elapse(seconds);
  elapsed += seconds;
}
function note({ headers }: IncomingMessage) {
  const claims = decodeJwt(String(headers["moor-session"]));
  came.push({ claims, left: Number(claims.exp) - (Date.now() / 1000 + elapsed) });
}
beforeEach(() => {
  came = [];
  for (const origin of origins) {
    origin.answers(async (request, response) => {
      note(request);
      await text(request);
      response.end();
    });
  }
});

/** A request may need so long to its origin on a busy machine. */
const MOMENT = 20;
function expectWholeLife() {
  for (const { left } of came) {
    expect(left).toBeGreaterThan(LIFE_SECONDS - MOMENT);
    expect(left).toBeLessThan(LIFE_SECONDS + REUSE_SECONDS + 1);
  }
}

describe("handoff.lifeSeconds", () => {
  it("is what is left of every handoff when it is sent, and a handoff is reused for 30 seconds", async () => {
    const client = site.client();
    for (let seconds = 0; seconds < 45; seconds += 9) {
      expect((await client.ask("/")).status).toBe(200);
      await elapse(9);
    }
    expectWholeLife();
    expect(came).toHaveLength(5);
    expect(new Set(came.map(({ claims }) => claims.exp)).size).toBe(2);
  });

  it("is left when a client has held a part of the body back", async () => {
    const headers = { Host: "shop.test", "X-Forwarded-Proto": "https", "Content-Length": "8", Expect: "100-continue" };
    const upload = httpRequest({ host: "127.0.0.1", port: site.moor.port, method: "POST", headers });
    // Moor has the request, and waits for its body.
    const continues = once(upload, "continue");
    upload.flushHeaders();
    await continues;
    upload.write("half");
    await elapse(LIFE_SECONDS + REUSE_SECONDS);
    upload.end("half");
    const [answer] = (await once(upload, "response")) as [IncomingMessage];
    expect(answer.statusCode).toBe(200);
    answer.resume();
    expect(came).toHaveLength(1);
    expectWholeLife();
  });

  it("is left when an origin has kept the request for longer, and another attempt is made", async () => {
    const seen = Promise.withResolvers<() => void>();
    for (const origin of origins) {
      origin.answers((request, response) => {
        note(request);
        if (came.length > 1) response.end();
        else seen.resolve(() => response.destroy());
      });
    }
    const answer = site.client().ask("/");
    const drop = await seen.promise;
    await elapse(LIFE_SECONDS + REUSE_SECONDS);
    drop();
    expect((await answer).status).toBe(200);
    expect(came).toHaveLength(2);
    expectWholeLife();
  });
});
