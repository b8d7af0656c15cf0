import { describe, expect, it } from "vitest";
import { BALANCERS } from "../../src/balancers/registry.ts";

describe("the name of a server in the cookie of", () => {
  it.each([
    // HAProxy 2.6: insert; insert with maxidle and maxlife; prefix.
    ["haproxy", "route-a", "route-a"],
    ["haproxy", "route-a|ao5Bp|ao5Bp", "route-a"],
    ["haproxy", "route-a~visitor", "route-a"],
    // nginx 1.31.5: sticky cookie, of 127.0.0.1:8081.
    ["nginx", "df2b80dc43705d28db9be6f29fe58da3", "df2b80dc43705d28db9be6f29fe58da3"],
    ["traefik", "df5bd2f9c0180410", "df5bd2f9c0180410"],
    ["ingress-nginx", "5f4dcc3b5aa765d61d8327deb882cf99|0cc175b9c0f1b6a8", "5f4dcc3b5aa765d61d8327deb882cf99"],
    // Tomcat 10, with jvmRoute="node1"; Apache's ROUTEID.
    ["tomcat", "0A1B2C3D4E5F60718293A4B5C6D7E8F9.node1", "node1"],
    ["tomcat", ".node1", "node1"],
    ["tomcat", "0A1B2C3D4E5F60718293A4B5C6D7E8F9", ""],
    ["haproxy", "", ""],
    ["ingress-nginx", "|", ""],
  ] as const)("%s: %j is %j", (type, value, name) => {
    expect(BALANCERS[type](value)).toBe(name);
  });
});
