/** @any-runtime */
/** @quick */
/** @any-authority */
import { afterAll, describe, expect, it } from "vitest";
import { ADMIN_TOKEN, adminOf } from "../../support/node/admin.ts";
import { ProviderVisitor } from "../../support/node/identity-provider.ts";
import { startPlainEdge } from "../../support/node/plain-edge.ts";
import { BACKCHANNEL, logIn, PAGE, SCRIPT, startGuardedSite, tellLogout } from "./guarded-site.ts";

const guarded = await startGuardedSite({
  login: { backchannel: true },
  principals: { limit: { sessions: 100 } },
  admin: {},
  adminToken: ADMIN_TOKEN,
});
const { site, provider, stop } = guarded;
const admin = adminOf(site);
const edge = await startPlainEdge(site.moor.port);
afterAll(async () => {
  edge.stop();
  await stop();
});

provider.backchannelUri = `${edge.url}${BACKCHANNEL}`;

const now = () => Math.floor(Date.now() / 1000);
const tell = (claims: object, client = site.client()) => tellLogout(guarded, claims, client);
/** Whether the visitor of a client is logged in, as the authority says. */
const isIn = async (client: ReturnType<typeof site.client>) =>
  (await client.ask("/strict/page", { headers: SCRIPT })).status === 200;
/** A page that copies may answer sees the logout once they are a few seconds old. */
const isOut = (client: ReturnType<typeof site.client>) =>
  expect.poll(async () => (await client.ask("/page", { headers: SCRIPT })).status, { timeout: 15_000 }).toBe(401);
/** How many sessions each logout of the provider has found so far. */
const found = () =>
  site.moor.logged
    .filter((line) => line.includes('"event":"logged_out_by_provider"'))
    .map((line) => JSON.parse(line) as { ended: number; left: number })
    .map(({ ended, left }) => ended + left);
/** How many sessions the next logout finds. Its log line comes when it has ended the sessions that answer. */
async function foundBy(logOut: () => Promise<unknown>): Promise<number | undefined> {
  const before = found().length;
  await logOut();
  await expect.poll(() => found().length).toBe(before + 1);
  return found()[before];
}

/** Logs a visitor in. The index of the principal knows the login when it returns, so that a logout finds it. */
async function logInAs(login: string) {
  const client = site.client();
  const visitor = new ProviderVisitor();
  const before = await admin.count(login);
  await logIn(client, "/orders/7", { login }, visitor);
  await expect.poll(() => admin.count(login)).toBe(before + 1);
  expect(await isIn(client)).toBe(true);
  return { client, visitor };
}

describe("a logout at the provider", () => {
  it("ends the session of that browser here, and spares the session of another browser of the same person", async () => {
    const [one, other] = [await logInAs("alice"), await logInAs("alice")];
    const asked = new URL(`${provider.issuer}/session/end`);
    asked.searchParams.set("client_id", provider.clientId);
    asked.searchParams.set("post_logout_redirect_uri", provider.redirectUris[0]?.replace(/callback$/, "left") ?? "");
    expect(await foundBy(() => one.visitor.logOut(asked.href))).toBe(1);
    expect([await isIn(one.client), await isIn(other.client)]).toEqual([false, true]);
    await isOut(one.client);
    // The provider has forgotten the first browser, so that its next login needs the form.
    expect((await one.client.ask("/orders/7", { headers: PAGE })).status).toBe(302);
    await logIn(one.client, "/orders/7", { login: "alice" }, one.visitor);
    expect(await isIn(one.client)).toBe(true);
  });

  it("that names the person alone ends all their sessions, and no session of another person", async () => {
    const [one, other, bob] = [await logInAs("carol"), await logInAs("carol"), await logInAs("bob")];
    expect(await foundBy(() => tell({ sub: "carol" }))).toBe(2);
    expect(await isIn(bob.client)).toBe(true);
    await isOut(one.client);
    await isOut(other.client);
  });

  it("that is told again after a new login ends nobody", async () => {
    const first = await logInAs("dora");
    const again = { sub: "dora", iat: now() };
    expect(await foundBy(() => tell(again))).toBe(1);
    expect(await isIn(first.client)).toBe(false);
    // A login within the second of the logout would end with it.
    await expect.poll(now).toBeGreaterThan(again.iat);
    const anew = await logInAs("dora");
    expect(await foundBy(() => tell(again))).toBe(0);
    expect(await isIn(anew.client)).toBe(true);
  });

  it("within the second of the login ends the session, whether or not the index knows the login by then", async () => {
    for (let times = 0; times < 5; times++) {
      const client = site.client();
      await logIn(client, "/orders/7", { login: `erin-${times}` });
      expect((await tell({ sub: `erin-${times}` })).status).toBe(200);
      await isOut(client);
    }
  });
});

describe("the path for logouts of the provider", () => {
  it.each<[string, object]>([
    ["an ID token", { nonce: "n", events: undefined }],
    ["a token for another client", { aud: "another" }],
    ["an old token", { iat: now() - 400 }],
  ])("refuses %s, and ends nothing", async (_name, claims) => {
    const { client } = await logInAs("frank");
    const refused = await tell({ sub: "frank", ...claims });
    expect([refused.status, refused.headers["cache-control"]]).toEqual([400, "no-store"]);
    expect(await isIn(client)).toBe(true);
  });

  it("refuses a body without a token, a body that is too long, and any method but POST", async () => {
    const post = (body: string) => site.client().ask(BACKCHANNEL, { method: "POST", body });
    expect((await post("")).status).toBe(400);
    expect((await post(`logout_token=${"x".repeat(9_000)}`)).status).toBe(400);
    await expect.poll(() => site.moor.logged.join("\n")).toMatch(/"event":"logout_refused".*"reason":"too-large"/);
    expect((await site.client().ask(BACKCHANNEL)).status).toBe(405);
  });

  it("reads no cookie: a token for bob, sent with alice's cookies, leaves alice logged in", async () => {
    const { client } = await logInAs("alice");
    await foundBy(() => tell({ sub: "bob" }, client));
    expect(await isIn(client)).toBe(true);
  });

  it("answers 503 while the provider's keys cannot be read, and does not count that as a refusal", async () => {
    const { client } = await logInAs("grace");
    await site.moor.elapse(86_500);
    provider.trouble = 503;
    const answer = await tell({ sub: "grace", iat: now() + 86_500, exp: now() + 86_600 });
    provider.trouble = undefined;
    expect([answer.status, answer.headers["retry-after"]]).toEqual([503, "2"]);
    client.close();
  });
});
