/** @needs redis-server */
/** @quick */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { LocalRedis } from "../../bin/local-redis/local-redis.ts";
import { type ProcessSwitch, type Switched, startProcessSwitch } from "../../demo/process-switch.ts";
import { run, startRedis } from "../bin/local-redis/rest.ts";

let redis: LocalRedis;
let redisSwitch: ProcessSwitch;
let log: string[];

beforeEach(async () => {
  log = [];
  redis = await startRedis({ survivesKill: true });
  redisSwitch = await startProcessSwitch(
    (line) => log.push(line),
    () => ["a note"],
  );
});

afterEach(async () => {
  await Promise.all([redisSwitch.stop(), redis.stop()]);
});

function switched(): Switched {
  return { address: `unix://${redis.socket}`, kill: () => redis.kill(), restart: () => redis.restart() };
}

async function ask(state?: string): Promise<string> {
  const response = await fetch(redisSwitch.url, state ? { method: "POST", body: state } : {});
  return response.ok ? response.text() : String(response.status);
}

describe("the switch of a process, which is Redis here", () => {
  it("kills Redis, and starts it again with its data", async () => {
    redisSwitch.holds(switched());
    await run(redis, "SET", "key", "value");
    expect(await ask()).toBe("here");
    expect(await ask("away")).toBe("away");
    expect(await ask()).toBe("away");
    await expect(run(redis, "PING")).rejects.toThrow("503");
    expect(await ask("here")).toBe("here");
    expect([await ask(), await run(redis, "GET", "key")]).toEqual(["here", "value"]);
    expect(log).toEqual(["killed", `unix://${redis.socket}, started again with what it had`]);
  });

  it("does one thing at a time, and nothing twice", async () => {
    redisSwitch.holds(switched());
    await Promise.all(["away", "away", "here", "away", "here"].map(ask));
    expect([await ask("here"), await run(redis, "PING")]).toEqual(["here", "PONG"]);
    expect(log.map((line) => line === "killed")).toEqual(log.map((_, index) => index % 2 === 0));
  });

  it("has no Redis to switch until it is told of one, or where there is none", async () => {
    expect([await ask(), await ask("away"), await run(redis, "PING")]).toEqual(["none", "none", "PONG"]);
    redisSwitch.holds(undefined);
    expect(await ask("away")).toBe("none");
  });

  it("says so when Redis does not start again", async () => {
    redisSwitch.holds(switched());
    await ask("away");
    await redis.stop();
    expect(await ask("here")).toBe("500");
    expect(await ask()).toBe("away");
    expect(log.at(-1)).toMatch(/^could not be switched: .*stopped for good/);
  });

  it("tells the notes of the process", async () => {
    expect(await (await fetch(`${redisSwitch.url}/notes`)).json()).toEqual(["a note"]);
  });

  it("is found only by a client that knows its address", async () => {
    redisSwitch.holds(switched());
    const guessed = new URL("/away", redisSwitch.url);
    expect((await fetch(guessed, { method: "POST", body: "away" })).status).toBe(404);
    expect(await run(redis, "PING")).toBe("PONG");
  });
});
