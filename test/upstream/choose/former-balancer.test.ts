import { describe, expect, it } from "vitest";
import { createFormerPin } from "../../../src/upstream/choose/former-balancer.ts";
import { pinOf } from "../../../src/upstream/choose/pins.ts";
import { poolConfig } from "../../support/pools.ts";

const config = poolConfig(["a", "b"]);
const origins = config.origins.map((origin) => ({ ...origin, route: `route-${origin.id}` }));
const pin = createFormerPin({ ...config, origins, formerBalancer: { type: "haproxy", cookie: "SERVERID" } });

describe("the pin of a visitor of another balancer", () => {
  it("names the origin whose route is in the cookie", () => {
    expect(pin?.("other=1; SERVERID=route-b")).toBe(pinOf("shop", "b"));
    expect(pin?.('SERVERID="route-a|x|y"')).toBe(pinOf("shop", "a"));
  });

  it.each([null, "", "SERVERID=", "SERVERID=b", "SERVERID=route-c", "SERVERID=__proto__", "XSERVERID=route-a"])(
    "is none with the cookies %j",
    (cookies) => expect(pin?.(cookies)).toBeUndefined(),
  );

  it("is not looked for in a pool without a former balancer", () => {
    expect(createFormerPin(config)).toBeUndefined();
  });
});
