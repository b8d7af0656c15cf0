/** @any-runtime */
/** @quick */
import { afterAll, describe, expect, it } from "vitest";
import { adminOf } from "../../support/node/admin.ts";
import { ProviderVisitor } from "../../support/node/identity-provider.ts";
import { countsIn } from "../../support/node/metrics-text.ts";
import { codesIn, logIn, PAGE, pathIn, SCRIPT, startGuardedSite } from "./guarded-site.ts";

const { site, provider, stop } = await startGuardedSite();
afterAll(stop);

/** A text with another letter at a place. */
function changedAt(text: string | null, at: number): string {
  const given = text ?? "";
  return given.slice(0, at) + (given[at] === "a" ? "b" : "a") + given.slice(at + 1);
}

describe("a callback", () => {
  it("that somebody else began logs nobody in: the visitor begins again as themselves", async () => {
    const attacker = site.client();
    const sent = await attacker.ask("/orders/7", { headers: PAGE });
    const back = await new ProviderVisitor().logIn(String(sent.headers.location), { login: "mallory" });
    const before = provider.exchanges;
    const victim = site.client();
    await victim.ask("/public/page", { headers: PAGE });
    const answer = await victim.ask(back.pathname + back.search, { headers: PAGE });
    expect([answer.status, String(answer.headers.location).startsWith(provider.issuer)]).toEqual([302, true]);
    expect(provider.exchanges).toBe(before);
  });

  it("that an older copy of the visitor's own token began logs nobody in, and spends no code", async () => {
    const victim = site.client();
    await victim.ask("/public/page?set=basket:ring", { headers: PAGE });
    const attacker = site.client(victim.cookies);
    const sent = await attacker.ask("/safe/page", { headers: PAGE });
    const back = await new ProviderVisitor().logIn(String(sent.headers.location), { login: "mallory", factor: "1" });
    await logIn(victim, "/orders/7", { login: "alice" });
    const before = provider.exchanges;
    const answer = await victim.ask(back.pathname + back.search, { headers: PAGE });
    expect([answer.status, provider.exchanges]).toEqual([302, before]);
    expect(String(answer.headers.location).startsWith(provider.issuer)).toBe(true);
  });

  it("with a code of another session is refused by the provider", async () => {
    const [mine, theirs] = [site.client(), site.client()];
    const asked = await mine.ask("/orders/7", { headers: PAGE });
    const other = await theirs.ask("/orders/7", { headers: PAGE });
    const stolen = await new ProviderVisitor().logIn(String(other.headers.location), { login: "mallory" });
    stolen.searchParams.set("state", new URL(String(asked.headers.location)).searchParams.get("state") ?? "");
    const answer = await mine.ask(stolen.pathname + stolen.search, { headers: PAGE });
    expect(answer.status).toBe(400);
    expect((await mine.ask("/orders/7", { headers: SCRIPT })).status).toBe(401);
  });

  it.each<[string, (back: URL) => void]>([
    ["of another issuer", (back) => back.searchParams.set("iss", "https://evil.test")],
    ["without the issuer that the provider promises", (back) => back.searchParams.delete("iss")],
    ["with two codes", (back) => back.searchParams.append("code", "another")],
    [
      "with a state that was changed",
      (back) => back.searchParams.set("state", changedAt(back.searchParams.get("state"), 40)),
    ],
  ])("%s is refused before the code is spent", async (_name, change) => {
    const client = site.client();
    const sent = await client.ask("/orders/7", { headers: PAGE });
    const back = await new ProviderVisitor().logIn(String(sent.headers.location), { login: "alice" });
    const before = provider.exchanges;
    change(back);
    const answer = await client.ask(back.pathname + back.search, { headers: PAGE });
    expect([answer.status, provider.exchanges]).toEqual([400, before]);
  });

  it("that is opened again leads to the page, and spends no second code", async () => {
    const client = site.client();
    const sent = await client.ask("/orders/7", { headers: PAGE });
    const back = await new ProviderVisitor().logIn(String(sent.headers.location), { login: "alice" });
    await client.ask(back.pathname + back.search, { headers: PAGE });
    const before = provider.exchanges;
    const again = await client.ask(back.pathname + back.search, { headers: PAGE });
    expect([again.status, pathIn(again), provider.exchanges]).toEqual([303, "/orders/7", before]);
  });

  it("of a visitor who has cancelled shows a page without the text of the provider", async () => {
    const answer = await logIn(site.client(), "/orders/7", { cancel: "1" });
    expect(answer.status).toBe(403);
    expect(answer.text).toContain("Your provider did not log you in");
    expect(answer.text).not.toContain("<b>");
    await expect.poll(() => site.moor.logged.join("\n")).toContain('"code":"login_denied"');
    // Anybody may write such a callback, and its text would be in the log.
    expect(site.moor.logged.join("\n")).not.toContain("error_description");
  });

  it("of a browser that keeps no cookie ends at a page that says so", async () => {
    const visitor = new ProviderVisitor();
    let answer = await site.client().ask("/orders/7", { headers: PAGE });
    for (let tries = 0; tries < 8 && answer.status === 302; tries++) {
      const back = await visitor.logIn(String(answer.headers.location), { login: "alice" });
      answer = await site.client().ask(back.pathname + back.search, { headers: PAGE });
    }
    expect(answer.status).toBe(400);
    expect(answer.text).toContain("Your browser keeps no cookie");
  });

  it("with more claims than a session keeps logs nobody in", async () => {
    const client = site.client();
    const answer = await logIn(client, "/orders/7", { login: "verbose" });
    expect([answer.status, answer.headers.location]).toEqual([403, undefined]);
    expect((await client.ask("/orders/7", { headers: SCRIPT })).status).toBe(401);
  });

  it("gives the session a new generation, so that a planted token stays logged out", async () => {
    const victim = site.client();
    await victim.ask("/public/page?set=basket:ring", { headers: PAGE });
    const planted = site.client(victim.cookies);
    await logIn(victim, "/orders/7", { login: "alice" });
    const seen = await planted.ask("/orders/7", { headers: SCRIPT });
    expect(seen.status).toBe(401);
  });

  it("keeps the basket of the visitor", async () => {
    const client = site.client();
    await client.ask("/public/page?set=basket:ring", { headers: PAGE });
    await logIn(client, "/orders/7", { login: "alice" });
    expect((await client.ask("/orders/7", { headers: PAGE })).told.session.data).toEqual({ basket: "ring" });
  });
});

it("the metrics count logins that began, were made, and failed, by the same codes", async () => {
  const text = (await adminOf(site).metrics()).text;
  const counted = (outcome: string) => countsIn(text, "moor_logins_total", { outcome });
  expect(counted("done")).toBeGreaterThan(2);
  expect(counted("begun")).toBeGreaterThan(counted("done"));
  // A line of the log may come after the answer.
  for (const code of new Set(codesIn(site)))
    await expect.poll(() => codesIn(site).filter((one) => one === code).length, { message: code }).toBe(counted(code));
  expect(counted("login_required") + counted("role_missing")).toBe(0);
});

it("the log names the code of each login that was refused", async () => {
  await expect
    .poll(() => [...new Set(codesIn(site))].sort())
    .toEqual(["claims_too_large", "cookies_refused", "login_denied", "login_failed"]);
});
