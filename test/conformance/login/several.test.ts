/** @quick */
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { MFA, PAGE, SCRIPT } from "./guarded-site.ts";
import { HOSTS, type LoginId, REFRESH_SECONDS, startTwoLogins } from "./two-logins.ts";

const { site, providers, visitor, stop } = await startTwoLogins();
const accounts = { staff: providers.staff.accounts, partners: providers.partners.accounts };
afterAll(stop);
afterEach(() => {
  for (const id of ["staff", "partners"] as const)
    Object.assign(providers[id], { accounts: accounts[id], trouble: undefined });
});

const FORM = { ...PAGE, "Sec-Fetch-Site": "same-origin" };
const IDS: LoginId[] = ["staff", "partners"];
const otherOf = (id: LoginId): LoginId => (id === "staff" ? "partners" : "staff");

/** A browser that is logged in at the host of a login. */
async function loggedIn(id: LoginId, login = "alice", form: Record<string, string> = {}) {
  const own = visitor(HOSTS[id]);
  await own.logIn("/orders/7", { login, ...form });
  expect((await own.ask("/orders/7")).status).toBe(200);
  return own;
}

describe("the host of a request", () => {
  it.each(IDS)("leads visitors to the provider of its login: %s", async (id) => {
    const own = visitor(HOSTS[id]);
    const sent = new URL(String((await own.ask("/orders/7?tab=2")).headers.location));
    expect(sent.origin).toBe(providers[id].issuer);
    expect(sent.searchParams.get("redirect_uri")).toBe(`https://${HOSTS[id]}/.moor/login/callback`);
    const back = await own.logIn("/orders/7?tab=2", { login: "alice" });
    expect([back.status, back.headers.location]).toEqual([303, `https://${HOSTS[id]}/orders/7?tab=2`]);
    expect((await own.ask("/orders/7")).told.session).toMatchObject({
      sub: `${id}:alice`,
      login: { iss: providers[id].issuer, claims: { name: `Alice of ${HOSTS[id]}` }, roles: ["ops"] },
    });
  });

  it("that has no login shows no guarded page, and has no paths of logins", async () => {
    const own = visitor(HOSTS.neither);
    for (const headers of [PAGE, SCRIPT]) {
      const refused = await own.ask("/orders/7", headers);
      expect([refused.status, refused.headers.location]).toEqual([403, undefined]);
    }
    expect((await own.ask("/.moor/login")).status).toBe(404);
    expect((await own.ask("/.moor/login/callback")).status).toBe(404);
    expect((await own.ask("/public/page")).status).toBe(200);
  });

  it.each(["partner.test.", "PARTNER.test", "partner.test:443"])(
    "is the same however it is written: %s",
    async (host) => {
      const [partner, staff] = [await loggedIn("partners"), await loggedIn("staff")];
      const at = (own: typeof partner) => visitor(host, own.client.cookies).ask("/partners/page", SCRIPT);
      expect([(await at(partner)).status, (await at(staff)).status]).toEqual([200, 401]);
    },
  );
});

describe("the same subject of two providers", () => {
  it("is two principals, and neither sees the basket of the other", async () => {
    const [staff, partner] = [await loggedIn("staff"), await loggedIn("partners")];
    await staff.ask("/orders/7?set=basket:ring");
    expect((await staff.ask("/orders/7")).told.session).toMatchObject({ sub: "staff:alice", data: { basket: "ring" } });
    expect((await partner.ask("/orders/7")).told.session).not.toHaveProperty("data.basket");
  });

  it.each(["staff:alice", "partners:1001"])("no server can name the principal %s", async (principal) => {
    const own = visitor(HOSTS.staff);
    expect((await own.ask(`/public/page?login=${principal}`)).status).toBe(502);
    expect((await own.ask("/public/page?login=alice")).status).toBe(200);
    expect((await own.ask("/orders/7", SCRIPT)).status).toBe(401);
  });
});

describe("a token that was copied to the host of the other login", () => {
  it.each(IDS)("opens no guarded page there, and tells servers no login: %s", async (id) => {
    const own = await loggedIn(id);
    const copied = visitor(HOSTS[otherOf(id)], own.client.cookies);
    expect((await copied.ask("/orders/7", SCRIPT)).status).toBe(401);
    const { session } = (await copied.ask("/public/page")).told;
    expect(session).toMatchObject({ sub: `${id}:alice` });
    expect(session).not.toHaveProperty("login");
    const sent = await copied.ask("/orders/7");
    expect(new URL(String(sent.headers.location)).origin).toBe(providers[otherOf(id)].issuer);
  });

  it("gives whoever logs in there a session of their own, without what was in it", async () => {
    const own = await loggedIn("staff");
    await own.ask("/orders/7?set=basket:ring");
    const copied = visitor(HOSTS.partners, own.client.cookies);
    await copied.logIn("/orders/7", { login: "alice" });
    const { session } = (await copied.ask("/orders/7")).told;
    expect(session).toMatchObject({ sub: "partners:alice" });
    expect(session).not.toHaveProperty("data.basket");
  });

  it("is no login for a page that asks for more of it", async () => {
    const withFactor = { login: "alice", factor: "1" };
    const own = await loggedIn("staff", "alice", withFactor);
    await own.logIn("/safe/page", withFactor);
    expect((await own.ask("/safe/page")).status).toBe(200);
    const copied = visitor(HOSTS.partners, own.client.cookies);
    expect((await copied.ask("/safe/page", SCRIPT)).status).toBe(401);
    await copied.logIn("/safe/page", withFactor);
    expect((await copied.ask("/safe/page")).told.session).toMatchObject({ sub: "partners:alice", login: { acr: MFA } });
  });
});

describe("a page of one login", () => {
  it("is closed to visitors of another login, and leads them nowhere", async () => {
    const partner = await loggedIn("partners");
    for (const headers of [PAGE, SCRIPT]) {
      const refused = await partner.ask("/staff/page", headers);
      expect([refused.status, refused.headers.location]).toEqual([403, undefined]);
    }
    expect(JSON.parse((await partner.ask("/staff/page", SCRIPT)).text)).toMatchObject({ code: "login_elsewhere" });
    expect((await partner.ask("/.moor/login?to=/staff/page")).headers.location).toBe(
      `https://${HOSTS.partners}/staff/page`,
    );
    expect((await (await loggedIn("staff")).ask("/staff/page")).status).toBe(200);
    expect((await partner.ask("/partners/page")).status).toBe(200);
  });

  it.each(["/STAFF/page", "/%73taff/page", "//staff/page", "/x/..%2fstaff/page"])(
    "stays closed however its path is written: %s",
    async (path) => expect((await (await loggedIn("partners")).ask(path, SCRIPT)).status).toBe(403),
  );

  it("has the roles of that login alone", async () => {
    const partner = await loggedIn("partners", "bob");
    expect((await partner.ask("/ops/page")).status).toBe(403);
    providers.partners.accounts = { bob: { groups: ["shop-ops"] } };
    const again = visitor(HOSTS.partners);
    await again.logIn("/orders/7", { login: "bob" });
    expect((await again.ask("/ops/page")).status).toBe(403);
  });
});

it("the console is opened by a role of the login of its host, and not by a role of the same name of another login", async () => {
  const operator = visitor(HOSTS.console);
  const begun = await operator.callback("/.moor/login?to=/.moor/console", { login: "alice" });
  await operator.ask(begun.pathname + begun.search);
  expect((await operator.ask("/.moor/console")).status).toBe(200);
  const partner = await loggedIn("partners");
  expect((await partner.ask("/ops/page")).status).toBe(200);
  expect((await visitor(HOSTS.console, partner.client.cookies).ask("/.moor/console")).status).toBe(404);
});

describe("a callback", () => {
  it("of another login logs nobody in, and spends no code", async () => {
    const own = visitor(HOSTS.staff);
    const back = await own.callback("/orders/7", { login: "alice" });
    const elsewhere = visitor(HOSTS.partners, own.client.cookies);
    const spent = () => providers.staff.exchanges + providers.partners.exchanges;
    const before = spent();
    const answer = await elsewhere.ask(back.pathname + back.search);
    expect([answer.status, spent()]).toEqual([400, before]);
    // The envelope is refused, and not only the issuer, which need not be another.
    await expect.poll(() => site.moor.logged.join("\n")).toMatch(/"code":"login_failed","reason":"state"/);
    expect((await elsewhere.ask("/orders/7", SCRIPT)).status).toBe(401);
  });

  it.each(IDS)(
    "with the code or the issuer of the other provider is refused before a code is spent: %s",
    async (id) => {
      const own = visitor(HOSTS[id]);
      const [back, other] = [
        await own.callback("/orders/7", { login: "alice" }),
        await visitor(HOSTS[otherOf(id)]).callback("/orders/7", { login: "mallory" }),
      ];
      for (const name of ["iss", "code"]) back.searchParams.set(name, other.searchParams.get(name) ?? "");
      const before = providers[otherOf(id)].exchanges;
      expect((await own.ask(back.pathname + back.search)).status).toBe(400);
      expect(providers[otherOf(id)].exchanges).toBe(before);
      expect((await own.ask("/orders/7", SCRIPT)).status).toBe(401);
    },
  );
});

describe("a logout", () => {
  it.each(IDS)("leads to the provider at which the visitor has logged in: %s", async (id) => {
    const own = await loggedIn(id);
    const origin = `https://${HOSTS[id]}`;
    const left = await own.ask("/.moor/logout?to=/public/bye", { ...FORM, Origin: origin }, { method: "POST" });
    const asked = new URL(String(left.headers.location));
    expect(asked.origin).toBe(providers[id].issuer);
    const back = await own.atProvider.logOut(asked.href);
    expect((await own.ask(back.pathname + back.search)).headers.location).toBe(`${origin}/public/bye`);
  });
});

describe("a logout at a provider", () => {
  it.each(IDS)("ends the sessions of its own visitors alone: %s", async (id) => {
    const name = `carol-${id}`;
    const [own, other] = [await loggedIn(id, name), await loggedIn(otherOf(id), name)];
    const asked = new URL(`${providers[id].issuer}/session/end`);
    asked.searchParams.set("client_id", providers[id].clientId);
    asked.searchParams.set("post_logout_redirect_uri", `https://${HOSTS[id]}/.moor/login/left`);
    await own.atProvider.logOut(asked.href);
    await expect.poll(async () => (await own.ask("/strict/page", SCRIPT)).status).toBe(401);
    expect((await other.ask("/strict/page", SCRIPT)).status).toBe(200);
  });

  it("that is told at the host of another login ends nobody", async () => {
    const own = await loggedIn("staff", "dave");
    const seconds = Math.floor(Date.now() / 1000);
    const token = await providers.staff.sign({
      iss: providers.staff.issuer,
      aud: providers.staff.clientId,
      sub: "dave",
      iat: seconds,
      exp: seconds + 120,
      jti: crypto.randomUUID(),
      events: { "http://schemas.openid.net/event/backchannel-logout": {} },
    });
    const told = (host: string) =>
      visitor(host).ask(
        "/.moor/login/backchannel",
        { "Content-Type": "application/x-www-form-urlencoded" },
        { method: "POST", body: new URLSearchParams({ logout_token: token }).toString() },
      );
    expect((await told(HOSTS.partners)).status).toBe(400);
    expect((await told(HOSTS.neither)).status).toBe(404);
    expect((await own.ask("/strict/page", SCRIPT)).status).toBe(200);
    expect((await told(HOSTS.staff)).status).toBe(200);
    await expect.poll(async () => (await own.ask("/strict/page", SCRIPT)).status).toBe(401);
  });
});

describe("a login that is due to be renewed", () => {
  it.each(IDS)("is confirmed by its own provider: %s", async (id) => {
    const own = await loggedIn(id);
    await site.moor.elapse(REFRESH_SECONDS + 1);
    const before = { own: providers[id].refreshes, other: providers[otherOf(id)].refreshes };
    expect((await own.ask("/orders/7")).status).toBe(200);
    expect([providers[id].refreshes, providers[otherOf(id)].refreshes]).toEqual([before.own + 1, before.other]);
    providers[id].accounts = { alice: undefined };
    await site.moor.elapse(REFRESH_SECONDS + 1);
    expect((await own.ask("/orders/7", SCRIPT)).status).toBe(401);
  });

  it("is confirmed although the provider of the other login is away", async () => {
    const own = await loggedIn("staff");
    await site.moor.elapse(REFRESH_SECONDS + 1);
    providers.partners.trouble = 503;
    const before = providers.staff.refreshes;
    // Its breaker is its own, so the failures of the other provider keep nobody away.
    for (let times = 0; times < 8; times++) await visitor(HOSTS.partners).ask("/orders/7");
    expect((await own.ask("/orders/7")).status).toBe(200);
    expect(providers.staff.refreshes).toBe(before + 1);
  });
});

it("the log holds neither a code, nor a token, nor the secret of a client", () => {
  expect(site.indiscretions(providers.staff.clientSecret, providers.partners.clientSecret)).toEqual([]);
  expect(site.moor.logged.filter((line) => /code=|eyJ|state=/.test(line))).toEqual([]);
});
