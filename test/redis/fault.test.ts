import { describe, expect, it } from "vitest";
import { RedisFault, refusal } from "../../src/redis/client.ts";

const COMMAND = 'command was: ["eval","return 1","1","moor:{id}:r","secret"]';

describe("an error of Redis", () => {
  it.each([
    [`secret, ${COMMAND}`, "Redis answered with an error"],
    [`OOMsecret, ${COMMAND}`, "Redis answered with an error"],
    [`secret OOM, ${COMMAND}`, "Redis answered with an error"],
    [`OOM secret, ${COMMAND}`, "Redis answered with an error: OOM"],
    [
      `ERR max daily request limit exceeded. secret, ${COMMAND}`,
      "Redis answered with an error: max daily request limit exceeded",
    ],
    [{ secret: COMMAND }, "Redis answered with an error"],
    [null, "Redis answered with an error"],
  ])("is known by its kind alone: %s", (error, message) => {
    const fault = refusal(error);
    expect(fault).toBeInstanceOf(RedisFault);
    expect(fault).toMatchObject({ name: "RedisFault", code: "refused", message });
    expect(fault.cause).toBeUndefined();
    expect(fault.stack).not.toContain("secret");
  });
});
