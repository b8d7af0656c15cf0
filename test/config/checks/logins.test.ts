import { describe, expect, it } from "vitest";
import { loginAt, loginsOf, secretNameOf } from "../../../src/config/logins.ts";
import { warningsOf } from "../../../src/config/warnings.ts";
import { mistakes, pool, resolved } from "../configs.ts";

const at = (id: string, changes: object = {}) => ({
  id,
  issuer: `https://${id}.example.net`,
  clientId: "moor",
  ...changes,
});
const STAFF = at("staff", { roles: { ops: { claim: "groups", any: ["ops"] } } });
const PARTNERS = at("partners", {
  hosts: ["partner.example.com"],
  roles: { buyer: { claim: "groups", any: ["buyers"] } },
});
const site = (changes: object = {}) => ({ pools: [pool()], logins: [STAFF, PARTNERS], require: "login", ...changes });
const route = (changes: object = {}) => ({ path: "/*", pool: "shop", ...changes });

describe("several logins", () => {
  it("are what their author writes, with the defaults of a login each, and read again as themselves", () => {
    const config = resolved(site());
    expect(config.login).toBeUndefined();
    expect(loginsOf(config)).toMatchObject([
      { id: "staff", scopes: ["openid"], logout: "provider", backchannel: false },
      { id: "partners", hosts: ["partner.example.com"] },
    ]);
    expect(resolved(config)).toEqual(config);
  });

  it("change what one login changes: rights of pools, and what a logout forgets", () => {
    const { pools, logout, routes } = resolved(site());
    expect([pools[0]?.session.may, logout.clearSiteData]).toEqual([["patch", "end"], ["cache"]]);
    expect(routes[0]?.maxSocketSeconds).toBe(3_600);
  });

  it("warn of paths that everybody asks for, as one login does", () =>
    expect(warningsOf(site(), resolved(site())).map(({ path }) => path)).toEqual(["require"]));

  it.each([
    ["partner.example.com", "partners"],
    // A route with this host takes such a request. Its guard would else be passed by the staff, whose login has no hosts.
    ["partner.example.com.", "partners"],
    ["shop.example.com", "staff"],
  ])("have one login for each host: %s", (host, id) => expect(loginAt(loginsOf(resolved(site())), host)?.id).toBe(id));

  it("leave a host without a login that no login names", () => {
    const logins = [{ ...STAFF, hosts: ["shop.example.com"] }, PARTNERS];
    expect(loginAt(loginsOf(resolved(site({ logins }))), "else.example.com")).toBeUndefined();
  });

  it.each([
    ["staff", "MOOR_LOGIN_SECRET_STAFF"],
    ["staff-eu-2", "MOOR_LOGIN_SECRET_STAFF_EU_2"],
    [undefined, "MOOR_LOGIN_SECRET"],
  ])("have a secret each: %s", (id, name) => expect(secretNameOf(id)).toBe(name));
});

describe("one login", () => {
  it("is that of every host, also of a host that it does not name", () => {
    const { id: _, ...login } = { ...STAFF, hosts: ["shop.example.com"] };
    const logins = loginsOf(resolved({ pools: [pool()], login }));
    expect(loginAt(logins, "else.example.com")).toBe(logins[0]);
  });
});

describe("moor check refuses", () => {
  it.each<[string, object, string]>([
    ["both forms", site({ login: { issuer: STAFF.issuer, clientId: "moor" } }), "logins: found a list, beside login"],
    ["a login without an id", site({ logins: [{ ...STAFF, id: undefined }, PARTNERS] }), "logins[0].id: found nothing"],
    [
      "an id of other characters",
      site({ logins: [at("staff_eu")] }),
      'logins[0].id: found "staff_eu", accepted: 1 to 32',
    ],
    ["an id with a colon", site({ logins: [at("a:b")] }), 'logins[0].id: found "a:b"'],
    ["an empty list", site({ logins: [], require: "none" }), "logins: found an empty list"],
    [
      "an id twice",
      site({ logins: [STAFF, { ...PARTNERS, id: "staff" }] }),
      'logins[1].id: found "staff", as at logins[0], accepted: each login once',
    ],
    [
      "two logins for the host of MOOR_ISSUER",
      site({ logins: [STAFF, { ...PARTNERS, hosts: undefined }] }),
      "logins[1].hosts: found nothing, accepted: a list of hosts: only one login may leave it out",
    ],
    [
      "two logins for one host",
      site({ logins: [{ ...STAFF, hosts: ["a.example.com", "partner.example.com"] }, PARTNERS] }),
      'logins[1].hosts[0]: found "partner.example.com", accepted: each host once: logins[0].hosts[1] has it',
    ],
    [
      "a guard at a host of no login",
      site({
        logins: [{ ...STAFF, hosts: ["shop.example.com"] }, PARTNERS],
        routes: [route({ host: "else.example.com" })],
      }),
      'routes[0].host: found "else.example.com" with a guard, accepted: a host of logins[0].hosts or logins[1].hosts',
    ],
    [
      "a guard of a login that does not exist",
      site({ require: { login: "boss" } }),
      'require.login: found "boss", accepted: the id of a login: staff, partners',
    ],
    [
      "a guard that names a login where there is one",
      { pools: [pool()], login: { issuer: STAFF.issuer, clientId: "moor" }, require: { login: "staff" } },
      'require.login: found "staff", accepted: nothing, as there is one login',
    ],
    [
      "a guard of a login at the host of another",
      site({ routes: [route({ host: "partner.example.com", require: { login: "staff" } })] }),
      'routes[0].require.login: found "staff" at "partner.example.com", where nobody logs in by it',
    ],
    [
      "a guard of a login below a wildcard with none of its hosts",
      site({ routes: [route({ host: "*.shop.example.com", require: { login: "partners" } })] }),
      'routes[0].require.login: found "partners" at "*.shop.example.com"',
    ],
    [
      "a role that the login of the host does not have",
      site({ routes: [route({ host: "partner.example.com", require: { role: "ops" } })] }),
      'routes[0].require.role: found "ops", accepted: a role of logins[1].roles: buyer',
    ],
    [
      "a role that the named login does not have",
      site({ require: { login: "staff", role: "buyer" } }),
      'require.role: found "buyer", accepted: a role of logins[0].roles: ops',
    ],
    [
      "a role that no login has",
      site({ require: { role: "boss" } }),
      'require.role: found "boss", accepted: a role of logins[0].roles or logins[1].roles: ops, buyer',
    ],
    [
      "a guard that is lost at the host of another login",
      site({
        routes: [
          route({ host: "partner.example.com" }),
          route({ path: "/staff/*", require: { login: "staff" } }),
          route(),
        ],
      }),
      'routes[0].require: found "login", though routes[1] requires',
    ],
    [
      "logouts by a provider without an index",
      site({ logins: [{ ...STAFF, backchannel: true }, PARTNERS] }),
      "logins[0].backchannel: found true, accepted: false, or with principals: {}",
    ],
    [
      "renewals without an object",
      site({ logins: [STAFF, { ...PARTNERS, refreshSeconds: 300 }], stores: { authority: { type: "redis" } } }),
      "logins[1].refreshSeconds: found a number",
    ],
  ])("%s", (_name, config, line) => expect(mistakes(config)).toContainEqual(expect.stringContaining(line)));

  it.each<[string, object]>([
    [
      "the same pool behind another login at its own host",
      site({ routes: [route({ host: "partner.example.com", require: { login: "partners" } }), route()] }),
    ],
    [
      "a page of one login at every host",
      site({ routes: [route({ path: "/staff/*", require: { login: "staff" } }), route()] }),
    ],
    [
      "a guard below a wildcard with a host of the login",
      site({ routes: [route({ host: "*.example.com", require: { login: "partners" } }), route()] }),
    ],
    [
      "a guard at the host of MOOR_ISSUER, which the configuration does not know",
      site({ routes: [route({ host: "shop.example.com", require: { login: "staff" } }), route()] }),
    ],
    ["a role of one of the logins", site({ require: { role: "buyer" } })],
  ])("not %s", (_name, config) => expect(mistakes(config)).toEqual([]));
});

describe("the console", () => {
  const admin = { console: true, host: "partner.example.com", roles: { act: "buyer" } };

  it("is opened by roles of the login of its host", () => {
    expect(mistakes(site({ admin, routes: [route({ host: "shop.example.com" })] }))).toEqual([]);
    const wrong = { ...admin, roles: { act: "ops" } };
    expect(mistakes(site({ admin: wrong }))).toEqual([
      'admin.roles.act: found "ops", accepted: a role of logins[1].roles: buyer',
    ]);
  });

  it("needs a login whose hosts name its host", () =>
    expect(mistakes(site({ admin: { ...admin, host: "console.example.com" } }))).toEqual([
      'logins[0].hosts or logins[1].hosts: found no "console.example.com", accepted: a list with admin.host, where operators log in',
    ]));
});
