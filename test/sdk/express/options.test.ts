import { describe, expect, it } from "vitest";
import { session } from "../../../src/sdk/express/index.ts";
import { ISSUER, POOL } from "../origin/moor.ts";

describe("the option unset", () => {
  it.each(["bogus", true, 1])("is refused at the start: %j", (unset) => {
    const make = () => session({ issuer: ISSUER, audience: POOL, unset: unset as never });
    expect(make).toThrow(new TypeError(`"unset" must be "destroy" or "keep", not ${JSON.stringify(unset)}`));
  });

  it.each(["destroy", "keep", "", undefined])("is taken: %j", (unset) => {
    expect(session({ issuer: ISSUER, audience: POOL, unset: unset as never })).toBeTypeOf("function");
  });
});
