/** @any-runtime */
/** @quick */
import { afterAll, describe, expect, it } from "vitest";
import { ofObjectsAlone } from "../../support/node/authority.ts";
import { ProviderVisitor } from "../../support/node/identity-provider.ts";
import { codesIn, HOME, logIn, PAGE, pathIn, SCRIPT, startGuardedSite } from "./guarded-site.ts";

const { site, provider, stop } = await startGuardedSite({ hosts: ["evil.test"] });
afterAll(stop);

describe("a page that requires a login", () => {
  it("is shown after the login, with the path and the query that the visitor wanted", async () => {
    const client = site.client();
    const back = await logIn(client, "/orders/7?tab=2", { login: "alice" });
    expect([back.status, pathIn(back)]).toEqual([303, "/orders/7?tab=2"]);
    const shown = await client.ask("/orders/7?tab=2", { headers: PAGE });
    expect(shown.status).toBe(200);
    expect(shown.told.session).toMatchObject({ sub: "alice" });
  });

  it("tells the server how the visitor has logged in, with the claims and the roles that the configuration names", async () => {
    const client = site.client();
    await logIn(client, "/orders/7", { login: "alice" });
    const { session } = (await client.ask("/orders/7", { headers: PAGE })).told;
    expect(session).toMatchObject({
      sub: "alice",
      login: { iss: provider.issuer, at: expect.any(Number), roles: ["ops", "staff"], claims: { name: "Alice" } },
    });
    expect(JSON.stringify(session)).not.toContain("others");
  });

  it("sends the browser to the provider with PKCE, a nonce, and a sealed state", async () => {
    const sent = await site.client().ask("/orders/7", { headers: PAGE });
    const asked = new URL(String(sent.headers.location)).searchParams;
    expect(sent.status).toBe(302);
    expect(sent.headers["cache-control"]).toBe("private, no-store");
    expect(Object.fromEntries(asked)).toMatchObject({
      client_id: "moor",
      response_type: "code",
      scope: "openid email groups profile",
      code_challenge_method: "S256",
      redirect_uri: `${HOME}/.moor/login/callback`,
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{22}$/),
    });
    expect(asked.get("state")).not.toContain("orders");
  });

  const counted = ofObjectsAlone("it counts the calls of objects");
  it("costs no store call before the visitor has come back", counted, async () => {
    const before = (await site.moor.objects.calls()).length;
    const stranger = site.client();
    for (let visit = 0; visit < 500; visit++) {
      await stranger.ask("/orders/7", { headers: PAGE });
      await stranger.ask("/orders/7", { headers: SCRIPT });
    }
    expect(await site.moor.objects.calls()).toHaveLength(before);
  });

  it.each<[string, Record<string, string>, string]>([
    ["a script", SCRIPT, "GET"],
    ["a frame", { ...PAGE, "Sec-Fetch-Dest": "iframe" }, "GET"],
    ["a prefetch", { ...PAGE, "Sec-Purpose": "prefetch" }, "GET"],
    ["an EventSource", { ...SCRIPT, Accept: "text/event-stream" }, "GET"],
    ["a form", PAGE, "POST"],
    ["XMLHttpRequest of an old browser", { Accept: "text/html", "X-Requested-With": "XMLHttpRequest" }, "GET"],
    ["a preflight", { Origin: "https://app.test", "Access-Control-Request-Method": "GET" }, "OPTIONS"],
    ["a WebSocket", { Connection: "Upgrade", Upgrade: "websocket", "Sec-WebSocket-Version": "13" }, "GET"],
  ])("answers %s with 401 and never with a redirect", async (_name, headers, method) => {
    const answer = await site.client().ask("/orders/7", { headers, method });
    expect(answer.status).toBe(401);
    expect(answer.headers["www-authenticate"]).toBe('Moor login="/.moor/login"');
    expect(answer.headers.location).toBeUndefined();
  });

  it("tells a program in problem details where a login begins", async () => {
    const answer = await site.client().ask("/orders/7", { headers: SCRIPT });
    expect(answer.headers["content-type"]).toBe("application/problem+json");
    expect(JSON.parse(answer.text)).toMatchObject({ status: 401, code: "login_required", login: "/.moor/login" });
  });

  it("is closed to a visitor whom an origin has logged in by itself", async () => {
    const client = site.client();
    const refused = await client.ask("/public/page?login=alice", { headers: PAGE });
    expect(refused.status).toBe(502);
    expect((await client.ask("/orders/7", { headers: SCRIPT })).status).toBe(401);
  });
});

describe("tabs", () => {
  it("that were opened at once, without any cookie, all arrive at their own page after one login", async () => {
    const client = site.client();
    const visitor = new ProviderVisitor();
    const paths = [1, 2, 3, 4, 5].map((tab) => `/tabs/${tab}?q=${tab}`);
    const sent = await Promise.all(paths.map((path) => client.ask(path, { headers: PAGE })));
    const before = provider.exchanges;
    const arrived: string[] = [];
    for (const tab of sent) {
      let next = String(tab.headers.location);
      for (let step = 0; step < 6 && !next.startsWith(`${HOME}/tabs/`); step++) {
        const back = await visitor.logIn(next, { login: "alice" });
        next = String((await client.ask(back.pathname + back.search, { headers: PAGE })).headers.location);
      }
      arrived.push(next.slice(HOME.length));
    }
    expect(arrived).toEqual(paths);
    expect(provider.exchanges - before).toBe(1);
    for (const path of paths) expect((await client.ask(path, { headers: PAGE })).status).toBe(200);
  });
});

describe("two tabs of one visitor whose callbacks come at the same moment", () => {
  it("log in one session, not two", async () => {
    const client = site.client();
    const visitor = new ProviderVisitor();
    await client.ask("/public/page?set=basket:ring", { headers: PAGE });
    const before = (await site.moor.storedSessions()).length;
    const callbacks: URL[] = [];
    for (const path of ["/tabs/1", "/tabs/2"]) {
      const sent = await client.ask(path, { headers: PAGE });
      callbacks.push(await visitor.logIn(String(sent.headers.location), { login: "alice" }));
    }
    const exchanged = provider.exchanges;
    const answers = await Promise.all(
      callbacks.map(({ pathname, search }) => client.send(pathname + search, { headers: PAGE })),
    );
    for (const answer of answers) client.keep(answer);
    expect(answers.map(pathIn)).toEqual(["/tabs/1", "/tabs/2"]);
    expect(provider.exchanges - exchanged).toBe(2);
    expect((await client.ask("/tabs/1", { headers: PAGE })).told.session).toMatchObject({ data: { basket: "ring" } });
    expect((await site.moor.storedSessions()).length).toBe(before);
  });
});

it("a browser that lost the answer to its login is logged in at the second try, in a session of its own", async () => {
  const client = site.client();
  const visitor = new ProviderVisitor();
  const comeBack = async () => {
    const sent = await client.ask("/orders/7", { headers: PAGE });
    const back = await visitor.logIn(String(sent.headers.location), { login: "alice" });
    return client.send(back.pathname + back.search, { headers: PAGE });
  };
  await comeBack();
  // The first joins the login whose answer was lost, and that is not enough.
  client.keep(await comeBack());
  expect((await client.ask("/orders/7", { headers: PAGE })).status).toBe(302);
  client.keep(await comeBack());
  expect((await client.ask("/orders/7", { headers: PAGE })).told.session).toMatchObject({ sub: "alice" });
});

describe("the address after a login", () => {
  it.each(["//evil.test/phish", "/.//evil.test/phish", "/\\evil.test/phish"])(
    "stays at this site: %s",
    async (path) => {
      const client = site.client();
      const answer = await logIn(client, path, { login: "alice" });
      expect(answer.status).toBe(303);
      expect(String(answer.headers.location).startsWith(`${HOME}/`)).toBe(true);
    },
  );

  it.each(["//evil.test/phish", "/.//evil.test/phish"])("of a link to log in stays at this site: %s", async (path) => {
    const client = site.client();
    await logIn(client, "/orders/7", { login: "alice" });
    const answer = await client.ask(`/.moor/login?to=${encodeURIComponent(path)}`, { headers: PAGE });
    expect([answer.status, String(answer.headers.location).startsWith(`${HOME}/`)]).toEqual([303, true]);
  });

  it("is told to no page by the address of the callback, and is kept by no cache", async () => {
    const client = site.client();
    const sent = await client.ask("/orders/7", { headers: PAGE });
    const back = await new ProviderVisitor().logIn(String(sent.headers.location), { login: "alice" });
    const answer = await client.ask(back.pathname + back.search, { headers: PAGE });
    for (const { headers } of [sent, answer]) {
      expect([headers["referrer-policy"], headers["cache-control"]]).toEqual([
        "no-referrer",
        expect.stringContaining("no-store"),
      ]);
    }
  });

  it.each(["https://evil.test/", "evil.test", "/.moor/logout", "/.moor/login"])("cannot be %s", async (to) => {
    const answer = await site.client().ask(`/.moor/login?to=${encodeURIComponent(to)}`, { headers: PAGE });
    expect(answer.status).toBe(400);
  });

  it("cannot be at a host where nobody logs in", async () => {
    const answer = await site.client().ask("/orders/7", { headers: { ...PAGE, Host: "evil.test" } });
    expect([answer.status, answer.headers.location]).toEqual([400, undefined]);
  });
});

describe("a link to log in", () => {
  it("lets a visitor change to another account", async () => {
    const client = site.client();
    await logIn(client, "/orders/7", { login: "alice" });
    const sent = await client.ask("/.moor/login?as=other&to=/orders/8", { headers: PAGE });
    expect(new URL(String(sent.headers.location)).searchParams.get("prompt")).toBe("select_account");
    const visitor = new ProviderVisitor();
    // This provider knows no choice of accounts, and is asked for a login instead.
    const refused = await visitor.logIn(String(sent.headers.location), {});
    expect(refused.searchParams.get("error")).toBe("invalid_request");
    const again = await client.ask(refused.pathname + refused.search, { headers: PAGE });
    expect(new URL(String(again.headers.location)).searchParams.get("prompt")).toBe("login");
    const back = await visitor.logIn(String(again.headers.location), { login: "bob" });
    expect(pathIn(await client.ask(back.pathname + back.search, { headers: PAGE }))).toBe("/orders/8");
    expect((await client.ask("/orders/8", { headers: PAGE })).told.session).toMatchObject({ sub: "bob" });
  });
});

describe("a page that asks for a login without end", () => {
  it("ends at a page that says so, after four logins within a minute", async () => {
    const client = site.client([["__Host-moor-logins", "4"]]);
    const answer = await client.ask("/orders/7", { headers: PAGE });
    expect(answer.status).toBe(400);
    expect(answer.text).toContain("This page asks for one login after another");
  });

  it("is counted by the logins that the browser has finished", async () => {
    const client = site.client();
    await logIn(client, "/orders/7", { login: "alice" });
    expect(client.cookies.get("__Host-moor-logins")).toBe("1");
  });
});

describe("a provider that is away", () => {
  it("logs nobody out, and answers 503 to visitors who want to log in", async () => {
    const client = site.client();
    await logIn(client, "/orders/7", { login: "alice" });
    const sent = await site.client().ask("/orders/7", { headers: PAGE });
    const newcomer = site.client();
    const asked = await newcomer.ask("/orders/7", { headers: PAGE });
    const back = await new ProviderVisitor().logIn(String(asked.headers.location), { login: "bob" });
    provider.trouble = 503;
    const failed = await newcomer.ask(back.pathname + back.search, { headers: PAGE });
    const shown = await client.ask("/orders/7", { headers: PAGE });
    provider.trouble = undefined;
    expect(sent.status).toBe(302);
    expect([failed.status, failed.headers["retry-after"]]).toEqual([503, "2"]);
    expect(shown.status).toBe(200);
  });
});

it("the log holds neither a code, nor a token, nor the secret of the client", () => {
  expect(site.indiscretions(provider.clientSecret)).toEqual([]);
  expect(site.moor.logged.filter((line) => /code=|eyJ|state=/.test(line))).toEqual([]);
});

it("the log names the code of each login that was refused", async () => {
  await expect.poll(() => [...new Set(codesIn(site))].sort()).toEqual(["login_loops", "login_unavailable"]);
});
