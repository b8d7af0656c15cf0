/** @needs maven redis-server */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildJava, type JavaBuild } from "../../sdk/java-build.ts";
import { startRedis } from "../../support/node/redis-on-port.ts";
import { testEndpointOfStore } from "./endpoint.suite.ts";
import { type Move, sessionOf, startMove } from "./move.ts";

let built: JavaBuild;
beforeAll(async () => {
  built = await buildJava("old-shops", "test/conformance/adoption/old-java");
}, 300_000);
afterAll(() => built?.remove());

const shop = (main: string, env: Record<string, string>) => () => ({
  argv: ["java", "-Xmx192m", "-cp", built.classPath("old-shops"), main],
  env,
});

describe("a visitor of a shop of servlets, with its sessions in the memory of Tomcat", () => {
  let move: Move;
  beforeAll(async () => {
    move = await startMove(shop("shop.OldTomcat", { NAME: "a", MOOR_APPLICATION: "app" }), "JSESSIONID");
  }, 60_000);
  afterAll(() => move?.stop());

  it("sees their login and their basket on the first page through Moor", async () => {
    const session = await sessionOf(move.bringing(await move.visitor("alice")));
    expect(session).toMatchObject({ sub: "alice", data: { user: "alice", basket: { apples: 2 } } });
    // It holds a lock, which cannot leave the server.
    expect(session.data).not.toHaveProperty("lock");
    expect(session.data).not.toHaveProperty(["moor.told"]);
  });

  it("is the same visitor when another server has taken their session over", async () => {
    const cookie = await move.visitor("bob");
    const { sid } = await sessionOf(move.bringing(cookie));
    expect(cookie).toMatch(/\.a$/);
    await move.atOld("/take-over", cookie);
    expect(await sessionOf(move.bringing(cookie.replace(/a$/, "b")))).toMatchObject({ sid, sub: "bob" });
  });

  testEndpointOfStore(() => move);
});

describe("a visitor of a shop on Spring Boot, whose sessions Spring Session keeps in Redis", () => {
  let move: Move;
  let redis: Awaited<ReturnType<typeof startRedis>>;
  beforeAll(async () => {
    redis = await startRedis();
    move = await startMove(shop("shop.OldSpring", { SPRING_DATA_REDIS_URL: redis.url }), "SESSION");
  }, 60_000);
  afterAll(async () => {
    await move?.stop();
    await redis?.stop();
  });

  it("sees their login and their basket on the first page through Moor, with Spring Security's own values", async () => {
    const session = await sessionOf(move.bringing(await move.visitor("alice")));
    expect(session).toMatchObject({ sub: "alice", data: { basket: { apples: 2 } } });
    expect(session.data?.SPRING_SECURITY_CONTEXT).toEqual({ $java: expect.any(String) });
  });

  testEndpointOfStore(() => move);

  it("is not adopted if their account was disabled meanwhile", async () => {
    const cookie = await move.visitor("carol");
    await move.atOld("/disable?user=carol", cookie);
    expect(await sessionOf(move.bringing(cookie))).toMatchObject({ new: true });
  });

  it("gets no answer from the endpoint if two services know users, and neither is the primary one", async () => {
    const env = { SPRING_DATA_REDIS_URL: redis.url, SHOP_OTHERS: "true" };
    const undecided = await startMove(shop("shop.OldSpring", env), "SESSION");
    const told = await undecided.question("GET", { max: 1_000 }, await undecided.visitor("dora"));
    await undecided.stop();
    expect(told).toEqual({ status: "unsigned 500" });
  }, 60_000);
});
