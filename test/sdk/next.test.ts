import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Answer, Client } from "../support/node/client.ts";
import { buildNextApp, nextStart } from "../support/node/next-app.ts";
import { freePort } from "../support/node/ports.ts";
import { type Site, startSite } from "../support/node/site.ts";
import { describeWithTestPackages } from "../support/node/test-packages.ts";
import { TEST_ISSUER } from "../support/node/workerd.ts";
import { type Server, startServer } from "./conformance/drop-in.ts";

const NAVIGATION = { "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "same-origin" };
const BOUNDARY = "a-boundary-that-no-field-has";

describeWithTestPackages(() =>
  describe("moor/next in a production build of Next.js", () => {
    const servers = new Map<string, Server>();
    let site: Site;

    beforeAll(async () => {
      const folder = await buildNextApp();
      const ports = { a: await freePort(), b: await freePort() };
      const origins = Object.entries(ports).map(([id, port]) => ({ id, url: `http://127.0.0.1:${port}` }));
      const pools = [{ id: "app", origins, outlierDetection: { baseEjectionSeconds: 1 } }];
      const routes = [
        { path: "/_next/static/*", pool: "app", session: false },
        { path: "/*", pool: "app" },
      ];
      site = await startSite([], { pools, routes, explain: true });
      const url = `http://127.0.0.1:${site.moor.port}`;
      const settings = { MOOR_ISSUER: TEST_ISSUER, MOOR_AUDIENCE: "app", MOOR_URL: url };
      const command = (_out: string, port: number) => nextStart(folder, port);
      await Promise.all(
        Object.entries(ports).map(async ([name, port]) => {
          servers.set(name, await startServer({ name: "Next.js", command }, folder, settings, { name, port }));
        }),
      );
    }, 300_000);
    afterAll(async () => {
      await Promise.all([...servers.values()].map((server) => server.kill()));
      await site?.stop();
    });

    const open = async (client: Client, path: string): Promise<Answer> => client.ask(path, { headers: NAVIGATION });

    /** Sends the form that has a field, as a browser without JavaScript does, and returns the answer. */
    async function submit(client: Client, path: string, field: string, value: string): Promise<Answer> {
      const headers = { ...NAVIGATION, Accept: "text/html" };
      return post(client, path, fieldsOf((await open(client, path)).text, field), { [field]: value }, headers);
    }

    /** Calls the Server Action of a form, as the script of Next.js does. */
    async function call(client: Client, path: string, field: string, value: string): Promise<Answer> {
      const [id = ""] = fieldsOf((await open(client, path)).text, field);
      const headers = { Accept: "text/x-component", "Next-Action": id.replace("$ACTION_ID_", "") };
      return post(client, path, ["0"], { [`_1_${field}`]: value }, headers);
    }

    async function post(
      client: Client,
      path: string,
      hidden: readonly string[],
      fields: Readonly<Record<string, string>>,
      headers: Readonly<Record<string, string>>,
    ): Promise<Answer> {
      // In a call the field 0 has the arguments: a form, whose fields are those that begin with _1_.
      const isCall = hidden[0] === "0";
      const all = [...Object.entries(fields), ...hidden.map((name) => [name, isCall ? '["$K1"]' : ""] as const)];
      const part = ([name, value]: readonly [string, string]) =>
        `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
      const body = `${all.map(part).join("")}--${BOUNDARY}--\r\n`;
      const type = `multipart/form-data; boundary=${BOUNDARY}`;
      const length = String(Buffer.byteLength(body));
      const sent = { ...headers, Origin: TEST_ISSUER, "Content-Type": type, "Content-Length": length };
      return client.ask(path, { method: "POST", headers: sent, body });
    }

    async function loggedIn(user: string): Promise<Client> {
      const client = site.client();
      expect((await submit(client, "/login", "user", user)).status).toBe(303);
      return client;
    }

    it("logs a visitor in by a Server Action, of whom nothing was stored before", async () => {
      const client = site.client();
      expect(shown(await open(client, "/"))).toMatchObject({ isNew: true, principal: null });
      const answer = await submit(client, "/login", "user", "alice");
      expect(answer).toMatchObject({ status: 303, headers: { location: "/" } });
      expect(answer.setCookies.join()).not.toContain("moor-change");
      const attributes = { since: "today" };
      expect(shown(await open(client, "/"))).toEqual({ page: "home", principal: "alice", attributes, isNew: false });
    });

    it("shows the new state in the page that an action redirects to, which Next.js renders in the same response", async () => {
      const client = site.client();
      const answer = await call(client, "/login", "user", "bob");
      expect(answer.headers["x-action-redirect"]).toMatch(/^\/;/);
      expect(answer.text).toContain('\\"principal\\":\\"bob\\"');
      expect(answer.setCookies.join()).not.toContain("moor-change");
      expect(shown(await open(client, "/"))).toMatchObject({ principal: "bob" });
    });

    it("has one session in all parts of a request, and in the page that is rendered after its action", async () => {
      const client = await loggedIn("carol");
      for (const send of [submit, call]) {
        const item = send === submit ? "tea" : "jam";
        const answer = await send(client, "/basket", "item", item);
        expect(answer.text.replaceAll("&quot;", '"').replaceAll('\\"', '"')).toContain(`"${item}":1`);
      }
      const { attributes } = shown(await open(client, "/basket")) as { attributes: object };
      expect(attributes).toEqual({ since: "today", basket: { tea: 1, jam: 1 }, items: 2 });
    });

    it("stores more than a cookie should carry by the session API, which the next page shows", async () => {
      const client = await loggedIn("dave");
      expect((await submit(client, "/basket", "bytes", "40000")).status).toBe(200);
      const { attributes } = shown(await open(client, "/basket")) as { attributes: { notes: string } };
      expect(attributes.notes).toHaveLength(40_000);
    });

    it("reads and changes the session in a route handler, and two at once both count", async () => {
      const client = await loggedIn("erin");
      const put = (item: string) =>
        client.ask("/api/basket", {
          method: "POST",
          headers: { "Content-Type": "application/json" },
          body: JSON.stringify({ [item]: 1 }),
        });
      const answers = await Promise.all([put("tea"), put("jam")]);
      for (const { status, setCookies } of answers) {
        expect(status).toBe(200);
        expect(setCookies.join()).not.toContain("moor-change");
      }
      expect(JSON.parse((await client.ask("/api/basket")).text).basket).toEqual({ tea: 1, jam: 1 });
    });

    it("guards a page in proxy.js, whose changes count as well", async () => {
      expect((await open(site.client(), "/private")).status).toBe(307);
      const client = await loggedIn("frank");
      expect(shown(await open(client, "/private"))).toMatchObject({ page: "private", principal: "frank" });
      await open(client, "/private");
      expect(shown(await open(client, "/basket"))).toMatchObject({ attributes: { visits: 2 } });
    });

    it("refuses a change in a Server Component, which has no response to change", async () => {
      const client = await loggedIn("grace");
      const { said } = shown(await open(client, "/private?write=1")) as { said: string };
      expect(said).toMatch(/Server Action or Route Handler/);
    });

    it("takes no change from a cookie that the visitor sends", async () => {
      const client = await loggedIn("heidi");
      const payload = Buffer.from('[["Moor-Principal","admin"]]').toString("base64url");
      client.cookies.set("moor-change", `${payload}.${"A".repeat(43)}`);
      expect(shown(await open(client, "/"))).toMatchObject({ principal: "heidi" });
    });

    it("logs a visitor out", async () => {
      const client = await loggedIn("ivan");
      expect((await submit(client, "/basket", "sure", "yes")).status).toBe(303);
      expect(client.token).toBeUndefined();
      expect(shown(await open(client, "/"))).toMatchObject({ principal: null, isNew: true });
    });

    it("answers 304 for static files, and sends pages that read the session anew", async () => {
      const client = await loggedIn("judy");
      const page = await open(client, "/");
      expect(page.headers.etag).toBeUndefined();
      expect(page.headers["cache-control"]).toMatch(/^private,.*no-store/);
      const [file = ""] = /\/_next\/static\/[^"\\]+\.js/.exec(page.text) ?? [];
      const { etag } = (await client.ask(file)).headers;
      expect((await client.ask(file, { headers: { "If-None-Match": String(etag) } })).status).toBe(304);
    });

    it("shows an empty session to a request that has not come through Moor", async () => {
      const direct = await fetch(`${servers.get("a")?.url}/`);
      expect(await direct.text()).toContain("isNew&quot;:true");
    });

    it("keeps a visitor when their server is killed", async () => {
      const client = await loggedIn("kim");
      const serverOf = ({ headers }: Answer) => /origin=(a|b)\b/.exec(String(headers["server-timing"]))?.[1] ?? "";
      const own = serverOf(await open(client, "/"));
      await servers.get(own)?.kill();
      const page = await open(client, "/");
      expect(shown(page)).toMatchObject({ principal: "kim", attributes: { since: "today" } });
      expect(serverOf(page)).not.toBe(own);
      await submit(client, "/basket", "item", "tea");
      expect(shown(await open(client, "/basket"))).toMatchObject({ attributes: { basket: { tea: 1 } } });
    });
  }),
);

/** The JSON that a page shows. */
function shown({ status, text }: Answer): unknown {
  expect(status, text.slice(0, 2_000)).toBe(200);
  const json = /<pre>(.*?)<\/pre>/.exec(text)?.[1] ?? "null";
  return JSON.parse(json.replaceAll("&quot;", '"').replaceAll("<!-- -->", ""));
}

/** The names of the hidden fields in the form that has a field. */
function fieldsOf(text: string, field: string): string[] {
  const forms = text.match(/<form[\s>].*?<\/form>/g) ?? [];
  const form = forms.find((each) => each.includes(` name="${field}"`));
  expect(form, text.slice(0, 2_000)).toBeDefined();
  return Array.from(form?.matchAll(/<input type="hidden" name="([^"]+)"/g) ?? [], ([, name = ""]) => name);
}
