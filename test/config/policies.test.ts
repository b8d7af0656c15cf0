import { describe, expect, it } from "vitest";
import { mistakes, pool, resolved } from "./configs.ts";

const withRoute = (route: object, session?: object) => ({
  pools: [pool()],
  routes: [{ path: "/*", pool: "shop", ...route }],
  ...(session ? { session } : {}),
});
const withRemember = (remember: object, session: object = {}) => ({
  pools: [pool()],
  session: { ...session, remember },
});
const withIgnore = (...ignore: object[]) => ({ pools: [pool()], ignore });

describe("a route's own timeouts", () => {
  it("may be stricter than the site's", () => {
    const input = withRoute({ session: { idleSeconds: 900, absoluteSeconds: 28_800 } });
    expect(mistakes(input)).toEqual([]);
    expect(resolved(resolved(input))).toEqual(resolved(input));
  });

  it.each<[object, string]>([
    [
      withRoute({ session: { idleSeconds: 43_201 } }),
      "routes[0].session.idleSeconds: found 43201, accepted: 60 to 43200, as session.idleSeconds is: a route may be stricter than the site",
    ],
    [
      withRoute({ session: { absoluteSeconds: 601 } }, { idleSeconds: 60, absoluteSeconds: 600 }),
      "routes[0].session.absoluteSeconds: found 601, accepted: 60 to 600, as session.absoluteSeconds is: a route may be stricter than the site",
    ],
    [
      withRoute({ session: { idleSeconds: 59 } }),
      "routes[0].session.idleSeconds: found 59, accepted: a whole number, 60 to 31536000",
    ],
    [
      withRoute({ session: { graceSeconds: 1 } }),
      "routes[0].session.graceSeconds: found an unknown key, accepted: one of the keys idleSeconds, absoluteSeconds",
    ],
  ])("are refused otherwise: %j", (input, line) => expect(mistakes(input)).toEqual([line]));
});

describe("the policy for remembered visitors", () => {
  it("remembers no visitor by default", () =>
    expect(resolved({ pools: [pool()] }).session).not.toHaveProperty("remember"));

  it("lasts for 30 idle days and 90 in all, unless the configuration says otherwise", () => {
    expect(resolved(withRemember({})).session.remember).toEqual({ idleSeconds: 2_592_000, absoluteSeconds: 7_776_000 });
    expect(resolved(withRemember({ idleSeconds: 86_400 })).session.remember).toMatchObject({ idleSeconds: 86_400 });
  });

  it.each<[object, string]>([
    [
      withRemember({ idleSeconds: 600 }),
      "session.remember.idleSeconds: found 600, accepted: 43200 to 31536000, as session.idleSeconds is 43200",
    ],
    [
      withRemember({ absoluteSeconds: 86_400 }),
      "session.remember.absoluteSeconds: found 86400, accepted: 2592000 to 31536000, as session.remember.idleSeconds is 2592000",
    ],
    [
      withRemember({}, { idleSeconds: 5_000_000, absoluteSeconds: 6_000_000 }),
      "session.remember.idleSeconds: found the default, 2592000, accepted: 5000000 to 31536000, as session.idleSeconds is 5000000",
    ],
    [
      withRemember({ idleSeconds: "long" }),
      'session.remember.idleSeconds: found "long", accepted: a whole number, 60 to 31536000',
    ],
  ])("has no shorter timeouts than others: %j", (input, line) => expect(mistakes(input)).toEqual([line]));
});

describe("ignored requests", () => {
  it("match no request by default", () => expect(resolved({ pools: [pool()] }).ignore).toEqual([]));

  it.each<[object, string]>([
    [withIgnore({}), "ignore[0]: found an object without keys, accepted: at least one condition"],
    [
      withIgnore({ extensions: [".css"] }),
      'ignore[0].extensions[0]: found ".css", accepted: 1 to 16 of a-z A-Z 0-9, without the dot',
    ],
    [withIgnore({ methods: ["get"] }), 'ignore[0].methods[0]: found "get", accepted: a method in upper case'],
    [
      withIgnore({ accept: ["*/*"] }),
      'ignore[0].accept[0]: found "*/*", accepted: a media type in lower case, as in image/png or image/*',
    ],
    [
      withIgnore({ contentTypes: [] }),
      "ignore[0].contentTypes: found an empty list, accepted: a list of at least one: a media type in lower case, as in image/png or image/*",
    ],
  ])("are refused if nobody could mean them: %j", (input, line) => expect(mistakes(input)).toEqual([line]));
});

describe("events", () => {
  it("are a function, which JSON cannot hold", () => {
    const input = { pools: [pool()], events: () => {} };
    expect(mistakes(input)).toEqual([]);
    expect(resolved(input)).not.toHaveProperty("events");
    expect(mistakes({ pools: [pool()], events: "log" })).toEqual(['events: found "log", accepted: a function']);
  });
});

describe("sessions that are bound to a host", () => {
  const bound = (given: object = {}) => ({ pools: [pool()], session: { bindTo: "host" }, ...given });

  it("are made only if the configuration says so", () => {
    expect(mistakes(bound({ carriers: [{ type: "cookie" }, { type: "header" }, { type: "url" }] }))).toEqual([]);
    expect(resolved(bound()).session).toMatchObject({ bindTo: "host" });
    expect(resolved({ pools: [pool()] }).session).not.toHaveProperty("bindTo");
  });

  it("share no cookie with other hosts, and are in no index", () => {
    const carriers = [{ type: "header" }, { type: "cookie", prefix: "__Secure-", domain: "shop.test" }];
    expect(mistakes(bound({ carriers, principals: {} }))).toEqual([
      'carriers[1].domain: found "shop.test", accepted: nothing with session.bindTo "host": hosts that share a cookie would overwrite it for one another',
      'principals: found an object, accepted: nothing with session.bindTo "host": the index has one list for a name, whatever the host',
    ]);
  });
});
