/** @quick */
/** @any-authority */
import { afterAll, describe, expect, it } from "vitest";
import { ProviderVisitor } from "../../support/node/identity-provider.ts";
import { BACKCHANNEL, logIn, PAGE, SCRIPT, startGuardedSite, tellLogout } from "./guarded-site.ts";

const guarded = await startGuardedSite({
  login: { backchannel: true },
  principals: { limit: { sessions: 100 } },
});
const { site, provider, stop } = guarded;
afterAll(stop);

provider.backchannelUri = `http://127.0.0.1:${site.moor.port}${BACKCHANNEL}`;

const now = () => Math.floor(Date.now() / 1000);
const tell = (claims: object, client = site.client()) => tellLogout(guarded, claims, client);
/** Whether the visitor of a client is logged in. A read that begins after a logout sees it, once copies are a few seconds old. */
const isIn = async (client: ReturnType<typeof site.client>) =>
  (await client.ask("/safe-to-read", { headers: SCRIPT })).status === 200;
const isOut = (client: ReturnType<typeof site.client>) =>
  expect.poll(() => isIn(client), { timeout: 15_000 }).toBe(false);

async function logInAs(login: string) {
  const client = site.client();
  const visitor = new ProviderVisitor();
  await logIn(client, "/orders/7", { login }, visitor);
  expect(await isIn(client)).toBe(true);
  return { client, visitor };
}

describe("a logout at the provider", () => {
  it("ends the session of that browser here, and spares the session of another browser of the same person", async () => {
    const [one, other] = [await logInAs("alice"), await logInAs("alice")];
    const asked = new URL(`${provider.issuer}/session/end`);
    asked.searchParams.set("client_id", provider.clientId);
    asked.searchParams.set("post_logout_redirect_uri", provider.redirectUris[0]?.replace(/callback$/, "left") ?? "");
    await one.visitor.logOut(asked.href);
    await isOut(one.client);
    expect(await isIn(other.client)).toBe(true);
    expect(site.moor.logged.filter((line) => line.includes('"event":"logged_out_by_provider"'))).toHaveLength(1);
    // The provider has forgotten the first browser, so that its next login needs the form.
    expect((await one.client.ask("/orders/7", { headers: PAGE })).status).toBe(302);
    await logIn(one.client, "/orders/7", { login: "alice" }, one.visitor);
    expect(await isIn(one.client)).toBe(true);
  });

  it("that names the person alone ends all their sessions, and no session of another person", async () => {
    const [one, other, bob] = [await logInAs("carol"), await logInAs("carol"), await logInAs("bob")];
    expect((await tell({ sub: "carol" })).status).toBe(200);
    await isOut(one.client);
    await isOut(other.client);
    expect(await isIn(bob.client)).toBe(true);
  });

  it("that is told again after a new login ends nobody", async () => {
    await logInAs("dora");
    const again = { sub: "dora", iat: now() - 2 };
    expect((await tell(again)).status).toBe(200);
    const anew = await logInAs("dora");
    expect((await tell(again)).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 50));
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
    expect((await site.client().ask(BACKCHANNEL)).status).toBe(405);
  });

  it("reads no cookie: a token for bob, sent with alice's cookies, leaves alice logged in", async () => {
    const { client } = await logInAs("alice");
    expect((await tell({ sub: "bob" }, client)).status).toBe(200);
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
