/** @needs redis-server openssl */
import { type RequestOptions, request } from "node:https";
import { describe, expect, it, onTestFinished } from "vitest";
import { REDIS_PASSWORD, type RedisProcess, startRedisProcess } from "../../support/node/redis-processes.ts";
import { keyPairOfLocalhost } from "../../support/node/tls-front.ts";
import { createProject, moor } from "../project.ts";

const METRICS_TOKEN = "metrics-token-that-nobody-may-see-0123";
const TOKEN = "a-token-that-nobody-may-see-0123456789";

async function startRedis(): Promise<RedisProcess> {
  const redis = await startRedisProcess();
  onTestFinished(redis.stop);
  return redis;
}

const urlOf = ({ port }: RedisProcess) => `redis://:${REDIS_PASSWORD}@127.0.0.1:${port}`;

describe("moor redis-bridge", () => {
  it("serves until SIGTERM, answers the request that is under way, and ends with code 0", async () => {
    const redis = await startRedis();
    const project = await createProject();
    const running = project.start(["redis-bridge", "--listen", "127.0.0.1:0", "--deadline-ms", "9000"], {
      variables: {
        MOOR_REDIS_URL: urlOf(redis),
        MOOR_BRIDGE_TOKENS: TOKEN,
        MOOR_BRIDGE_METRICS_TOKEN: METRICS_TOKEN,
      },
    });
    const [, url = ""] = await running.line(/^ready (http:\/\/127\.0\.0\.1:\d+)$/m);
    const ask = () =>
      fetch(url, { method: "POST", headers: { authorization: `Bearer ${TOKEN}` }, body: JSON.stringify(["TIME"]) });
    expect((await ask()).status).toBe(200);
    redis.hang();
    const underWay = ask();
    const metrics = () => fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${METRICS_TOKEN}` } });
    await expect.poll(async () => (await metrics()).text()).toContain("_in_flight 1");
    running.process.kill("SIGTERM");
    // A question about the health would wait for Redis, as long as a command may.
    await expect
      .poll(() =>
        metrics().then(
          () => "served",
          () => "refused",
        ),
      )
      .toBe("refused");
    redis.goOn();
    expect((await underWay).status).toBe(200);
    expect(await running.ended()).toEqual({ code: 0, signal: null });
    expect(running.output.stdout).toContain("drained");
    expect(running.output.stdout + running.output.stderr).not.toMatch(/nobody-may-see|the-password/);
  });

  it("goes on when nobody reads what it prints any more, and ends with code 0", async () => {
    const redis = await startRedis();
    const project = await createProject();
    const running = project.start(["redis-bridge", "--listen", "127.0.0.1:0"], {
      variables: { MOOR_REDIS_URL: urlOf(redis), MOOR_BRIDGE_TOKENS: TOKEN },
    });
    await running.line(/^ready http/m);
    running.process.stdout?.destroy();
    running.process.kill("SIGTERM");
    expect(await running.ended()).toEqual({ code: 0, signal: null });
    expect(running.output.stderr).toContain("cannot be written (EPIPE)");
  });

  it("serves by TLS, with tokens of a file", async () => {
    const redis = await startRedis();
    const project = await createProject();
    const { key, certificate } = await keyPairOfLocalhost();
    await project.write("key.pem", key);
    await project.write("cert.pem", certificate);
    await project.write("tokens", `another-token-0123456789-0123456789\n${TOKEN}\n`);
    const files = ["--cert", "cert.pem", "--key", "key.pem", "--tokens", "tokens"];
    const running = project.start(["redis-bridge", "--listen", "0.0.0.0:0", ...files], {
      variables: { MOOR_REDIS_URL: urlOf(redis) },
    });
    const [, port = ""] = await running.line(/^ready https:\/\/0\.0\.0\.0:(\d+)$/m);
    const options: RequestOptions = {
      ...{ host: "localhost", port, ca: certificate, method: "POST" },
      headers: { authorization: `Bearer ${TOKEN}` },
    };
    const status = new Promise((resolve, reject) => {
      const asked = request(options, (response) => resolve(response.statusCode));
      asked.on("error", reject).end(JSON.stringify(["TIME"]));
    });
    expect(await status).toBe(200);
    running.process.kill("SIGTERM");
    expect(await running.ended()).toEqual({ code: 0, signal: null });
  });

  it("tells its flags", async () => {
    const { code, stdout } = await moor("redis-bridge", "--help");
    expect(code).toBe(0);
    expect(stdout).toContain("--sentinel NAME");
  });

  it.each<[string[], Record<string, string>, string]>([
    [
      ["--listen", "0.0.0.0:1"],
      {},
      '--listen: found "0.0.0.0" without --cert and --key, accepted: 127.0.0.1 or [::1] without TLS',
    ],
    [["--listen", "localhost"], {}, '--listen: found "localhost", accepted: HOST:PORT'],
    [["--cert", "x"], {}, "--cert and --key: one is missing, accepted: both or none"],
    [["--cert", "x", "--key", "y"], {}, '--cert: the file "x" cannot be read'],
    [["--cluster", "--sentinel", "shop"], {}, "either --cluster or --sentinel, not both"],
    [["--node", "10.0.0.1:1"], {}, "--node needs --cluster or --sentinel"],
    [[], {}, "MOOR_REDIS_URL: found nothing, accepted: one, as in redis://user:password@10.0.0.5:6379/0"],
    [
      [],
      { MOOR_REDIS_URL: "http://x" },
      "MOOR_REDIS_URL: found no address of Redis, accepted: one, as in redis://user:password@10.0.0.5:6379/0",
    ],
    [
      ["--cluster"],
      { MOOR_REDIS_URL: "redis://x/2" },
      "MOOR_REDIS_URL: found database 2, accepted: database 0, because a Cluster has no other",
    ],
    [["--deadline-ms", "1"], { MOOR_REDIS_URL: "redis://x" }, '--deadline-ms: found "1", accepted: 50 to 10000'],
    [
      [],
      { MOOR_REDIS_URL: "redis://x" },
      "MOOR_BRIDGE_TOKENS: found 0 tokens, accepted: one or two with at least 32 characters, as of openssl rand -hex 32",
    ],
    [
      [],
      { MOOR_REDIS_URL: "redis://x", MOOR_BRIDGE_TOKENS: "short" },
      "MOOR_BRIDGE_TOKENS: found a token that is short, or is not visible ASCII, accepted: one or two with at least 32 characters, as of openssl rand -hex 32",
    ],
  ])("refuses %j with %j, says why, and ends with code 2", async (args, variables, message) => {
    const project = await createProject();
    const running = project.start(["redis-bridge", ...args], { variables });
    expect(await running.ended()).toEqual({ code: 2, signal: null });
    expect(running.output.stderr.trim()).toBe(`moor redis-bridge: ${message}`);
  });
});
