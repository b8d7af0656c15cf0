/** @quick */
import { describe, expect, it } from "vitest";
import { imported } from "../imported.ts";

/** A configuration of routers with these rules, each for a service of its name. */
const routers = (rules: Record<string, string | object>) => {
  const entries = Object.entries(rules).map(([name, rule]) => [
    name,
    typeof rule === "string" ? { rule, service: name } : { service: name, ...rule },
  ]);
  const services = Object.keys(rules).map((name, index) => [name, balancer(`http://10.0.0.${index + 1}:80`)]);
  return JSON.stringify({ http: { routers: Object.fromEntries(entries), services: Object.fromEntries(services) } });
};
const balancer = (...urls: string[]) => ({
  loadBalancer: { passHostHeader: false, servers: urls.map((url) => ({ url })) },
});
const importRules = (rules: Record<string, string | object>) => imported("traefik", routers(rules));

describe("rules of routers", () => {
  it.each<[Record<string, string | object>, string[]]>([
    [{ a: "Host(`x.test`)" }, ["x.test /* -> a"]],
    [{ a: "Host(`x.test`, `Y.test`)" }, ["x.test /* -> a", "y.test /* -> a"]],
    [{ a: 'Host("x.test") && Path("/p")' }, ["x.test /p -> a"]],
    [{ a: "PathPrefix(`/p`)", b: "PathPrefix(`/p/long`)" }, ["/p/long/* -> b", "/p/* -> a"]],
    [{ a: "PathPrefix(`/p/`)", b: "PathPrefix(`/`)" }, ["/p -> b", "/p/* -> a", "/* -> b"]],
    [{ a: { rule: "PathPrefix(`/p`)", priority: 100 }, b: "PathPrefix(`/p/long`)" }, ["/p/* -> a"]],
    [{ a: "Path(`/p`) || Path(`/q`)" }, ["/p -> a", "/q -> a"]],
    [{ a: "(Path(`/p`) || Path(`/q`)) && Method(`get`)" }, ["GET /p -> a", "GET /q -> a"]],
    [{ a: "Path(`/p`) || Path(`/q`) && Method(`GET`)" }, ["/p -> a", "GET /q -> a"]],
    [{ a: "Header(`X-A`, `1`) && PathPrefix(`/`)" }, ["/* x-a: 1 -> a"]],
    [{ a: "PathPrefix(`/`) && !Path(`/p`)", b: "Path(`/p`)" }, ["/p -> b", "/* -> a"]],
    [{ a: "PathRegexp(`^/(x|y)$`)" }, ["/x -> a", "/y -> a"]],
  ])("%j become the routes %j", async (rules, routes) => expect((await importRules(rules)).routes).toEqual(routes));

  it.each([
    ["HostRegexp(`^x`)", "no route can tell the requests of HostRegexp(`^x`)"],
    ["ClientIP(`10.0.0.0/8`)", "no route can tell the requests of ClientIP(`10.0.0.0/8`)"],
    ["Path(`/{id:[0-9]+}`)", "no route can tell the requests of Path(`/{id:[0-9]+}`)"],
    ["Path(`/p`) &&", "its syntax is not known here"],
    ["Path(`/p`", "its syntax is not known here"],
    ["Path(`/p`) Path(`/q`)", "its syntax is not known here"],
    ["/p", "its syntax is not known here"],
  ])("%j leave a note", async (rule, reason) => {
    const { routes, notes } = await importRules({ odd: rule, good: "Path(`/`)" });
    expect(routes).toEqual(["/ -> good"]);
    expect(notes).toContainEqual(expect.stringContaining(`router odd is not carried over: ${reason}`));
  });
});

describe("a wildcard", () => {
  it("becomes a pattern of hosts, and a note says that it takes more", async () => {
    const { routes, notes } = await importRules({ a: "Host(`*.x.test`)" });
    expect(routes).toEqual(["*.x.test /* -> a"]);
    expect(notes).toContain("1: router a: *.x.test takes one label before it in Traefik, and one or more in Moor");
  });
});

describe("services", () => {
  const service = (settings: object) =>
    imported(
      "traefik",
      JSON.stringify({ http: { services: { app: { loadBalancer: { passHostHeader: false, ...settings } } } } }),
    );

  it.each<[object, object]>([
    [
      { servers: [{ url: "http://10.0.0.1:80", weight: 3 }, { url: "https://h:8443" }] },
      { origins: [{ url: "http://10.0.0.1", weight: 3 }, { url: "https://h:8443" }] },
    ],
    [
      { servers: [{ url: "http://h/a/", preservePath: true }, { url: "http://i/a" }] },
      { origins: [{ url: "http://h/a" }, { url: "http://i" }] },
    ],
    [{ servers: [{ url: "http://h" }, { url: "http://i", weight: 0 }] }, { origins: [{}, { down: true }] }],
    [
      { servers: [{ url: "http://h" }], healthCheck: { path: "up", interval: "1m", timeout: "5s", status: 204 } },
      {
        healthCheck: {
          path: "/up",
          intervalSeconds: 60,
          timeoutMs: 5_000,
          expectedStatuses: [{ start: 204, end: 205 }],
          healthyThreshold: 1,
          unhealthyThreshold: 1,
        },
      },
    ],
    [
      { servers: [{ url: "http://10.0.0.1:80" }], sticky: { cookie: { name: "srv" } } },
      { formerBalancer: { type: "traefik", cookie: "srv" }, origins: [{ route: "df5bd2f9c0180410" }] },
    ],
  ])("with %j become a pool with %j", async (settings, pool) =>
    expect((await service(settings)).pools[0]).toMatchObject(pool),
  );

  it.each<[object, string]>([
    [{ servers: [{ url: "http://h" }], sticky: { cookie: {} } }, "sticky.cookie has no name"],
    [
      { servers: [{ url: "http://h" }], healthCheck: { path: "/up", hostname: "x" } },
      "healthCheck.hostname is not carried over",
    ],
    [{ servers: [{ url: "http://h/a" }] }, "server http://h/a: its path is left out"],
    [{ servers: [{ url: "http://h" }], passHostHeader: true }, "origins of app see their own name in Host"],
    [{ servers: [{ url: "http://h" }], strategy: "p2c" }, "http.services.loadBalancer.strategy is not carried over"],
  ])("with %j leave the note %j", async (settings, note) => {
    expect((await service(settings)).notes).toContainEqual(expect.stringContaining(note));
  });

  it("that divide visitors among others become a split, and failover its first service", async () => {
    const text = JSON.stringify({
      http: {
        routers: {
          s: { rule: "Path(`/s`)", service: "split" },
          f: { rule: "Path(`/f`)", service: "safe" },
          i: { rule: "Path(`/i`)", service: "x@internal" },
        },
        services: {
          split: { weighted: { services: [{ name: "a", weight: 3 }, { name: "b" }] } },
          safe: { failover: { service: "a", fallback: "b" } },
          a: balancer("http://h"),
          b: balancer("http://i"),
        },
      },
    });
    const { routes, notes } = await imported("traefik", text);
    expect(routes).toEqual(["/s -> a 3, b 1", "/f -> a"]);
    expect(notes).toContainEqual(expect.stringContaining("service safe: failover to b is not carried over"));
    expect(notes).toContainEqual(
      expect.stringContaining("router i leads to the service x@internal, which this file does not have"),
    );
  });

  it("with a URL that is no address are refused", async () => {
    const { refused } = await service({ servers: [{ url: '{{ env "APP" }}' }] });
    expect(refused).toEqual([expect.stringContaining("1: server {{ env")]);
  });
});

describe("a file", () => {
  it.each([
    ["http: [", "1: Flow sequence in block collection must be sufficiently indented and end with a ]"],
    ["http:\n{{ range .x }}", "templates are not read, so import the file that they make"],
    ["", "1: there is no key http, as in Traefik's dynamic configuration"],
  ])("with the text %j is refused", async (text, message) => {
    await expect(imported("traefik", text)).rejects.toThrow(message);
  });
});
