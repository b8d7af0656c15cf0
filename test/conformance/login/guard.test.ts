/** @any-runtime */
/** @quick */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunningOrigin, startOrigin } from "../../support/node/origins.ts";
import { type Site, startSite } from "../../support/node/site.ts";

const SCRIPT = { "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty" };

let origin: RunningOrigin;
let site: Site;

beforeAll(async () => {
  origin = await startOrigin("a");
  site = await startSite([origin], {
    // Nobody logs in here, so the provider is never asked.
    login: { issuer: "http://127.0.0.1:1", clientId: "moor" },
    require: "none",
    ignore: [{ extensions: ["css"] }],
    routes: [
      { path: "/admin/*", pool: "shop", require: "login" },
      { path: "/app/*", pool: "shop", require: "login", cors: { origins: ["https://app.test"] } },
      { path: "/*", pool: "shop" },
    ],
  });
});
afterAll(async () => {
  await site.stop();
  await origin.kill();
});

describe("a guard", () => {
  it.each([
    "/admin/secret",
    "/ADMIN/secret",
    "/%61dmin/secret",
    "/adm%69n/secret",
    "//admin/secret",
    "/admin%2Fsecret",
    "/./admin/secret",
    "/public/../admin/secret",
    "/public/%2e%2e%2fadmin/index.php/..;/..;/public/x",
    "/public/..;/admin/secret",
    "/admin;x=1/secret",
    "/%2561dmin/secret",
    "/public\\..\\admin",
    "/admin.json",
    "//shop/admin/secret",
    "/\\shop/%61dmin/secret",
    "///shop//admin/secret",
    "/admin/style.css",
  ])("keeps %s from everybody who is not logged in", async (path) => {
    const answer = await site.client().ask(path, { headers: SCRIPT });
    expect([answer.status, answer.text.includes('"served"')]).toEqual([401, false]);
  });

  it.each([
    "/",
    "/public/100%25",
    "/public/a;b/c",
    "/public/a%2Fb",
    "/public/%E9t%E9",
    "/w/2020/https://a.test/admin/x",
    "/Shop/item",
  ])("leaves the ordinary path %s open", async (path) =>
    expect((await site.client().ask(path, { headers: SCRIPT })).status).toBe(200),
  );

  it("refuses a path that its origin may read in any way", async () => {
    expect((await site.client().ask("/%252525252e", { headers: SCRIPT })).status).toBe(400);
  });

  it.each(["X-Original-URL", "X-Rewrite-URL", "X_Original_URL", "X-HTTP-Method-Override", "X-Original-Host"])(
    "keeps the header %s from origins, which may take it for the path, the method or the host",
    async (name) => {
      const { told } = await site.client().ask("/public", { headers: { ...SCRIPT, [name]: "/admin" } });
      expect(Object.keys(told.headers)).not.toContain(name.toLowerCase());
    },
  );

  it("is closed to every method", async () => {
    for (const method of ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PROPFIND"]) {
      expect((await site.client().ask("/admin/secret", { headers: SCRIPT, method })).status, method).toBe(401);
    }
  });

  it("answers the preflight of an origin that its route names, and does not ask the server", async () => {
    const headers = { Origin: "https://app.test", "Access-Control-Request-Method": "PUT" };
    const answer = await site.client().ask("/app/x", { method: "OPTIONS", headers });
    expect([answer.status, answer.headers["access-control-allow-origin"]]).toEqual([204, "https://app.test"]);
    expect(answer.text).toBe("");
  });
});

it("a visitor whose provider cannot be reached is told so, and is not logged in", async () => {
  const headers = { "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", Accept: "text/html" };
  const answer = await site.client().ask("/admin/secret", { headers });
  expect([answer.status, answer.headers["retry-after"]]).toEqual([503, "2"]);
});
