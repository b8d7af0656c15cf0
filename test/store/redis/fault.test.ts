import { errors } from "@upstash/redis/cloudflare";
import { describe, expect, it } from "vitest";
import { faultOf, RedisFault } from "../../../src/store/redis/client.ts";

const COMMAND = 'command was: ["eval","return 1","1","moor:{id}:r","secret"]';

describe("an error that the SDK throws", () => {
  it.each([
    [new DOMException("The operation timed out", "TimeoutError"), "timeout", "Redis did not answer in time"],
    [new TypeError("fetch failed: secret"), "no-answer", "no usable answer came from Redis"],
    ["secret", "no-answer", "no usable answer came from Redis"],
    [undefined, "no-answer", "no usable answer came from Redis"],
    [new errors.UpstashJSONParseError("<h1>secret</h1>"), "unreadable", "Redis answered something else than was asked"],
    [new errors.UpstashError(`secret, ${COMMAND}`), "refused", "Redis answered with an error"],
    [new errors.UpstashError(`OOMsecret, ${COMMAND}`), "refused", "Redis answered with an error"],
    [new errors.UpstashError(`secret OOM, ${COMMAND}`), "refused", "Redis answered with an error"],
    [new errors.UpstashError(`OOM secret, ${COMMAND}`), "refused", "Redis answered with an error: OOM"],
    [
      new errors.UpstashError(`ERR max daily request limit exceeded. secret, ${COMMAND}`),
      "refused",
      "Redis answered with an error: max daily request limit exceeded",
    ],
  ])("is known by its kind alone: %s", (thrown, code, message) => {
    const fault = faultOf(thrown);
    expect(fault).toBeInstanceOf(RedisFault);
    expect(fault).toMatchObject({ name: "RedisFault", code, message });
    expect(fault.cause).toBeUndefined();
    expect(fault.stack).not.toContain("secret");
  });
});
