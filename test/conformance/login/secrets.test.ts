/** @quick */
import { readFile } from "node:fs/promises";
import { afterAll, expect, it } from "vitest";
import type { Answer } from "../../support/node/client.ts";
import { ProviderVisitor } from "../../support/node/identity-provider.ts";
import { HOME, PAGE, SCRIPT, startGuardedSite } from "./guarded-site.ts";

const REFRESH_SECONDS = 60;
const { site, provider, stop } = await startGuardedSite({ login: { refreshSeconds: REFRESH_SECONDS } });
afterAll(stop);

it("no response, no line of the log and no store holds a token, a code or the secret of the client", async () => {
  const answers: Answer[] = [];
  const secrets = new Set([provider.clientSecret]);
  for (const name of ["alice", "bob", "mallory"]) {
    const client = site.client();
    const visitor = new ProviderVisitor();
    const ask = async (path: string, headers: Record<string, string>, method = "GET") => {
      const answer = await client.ask(path, { headers, method });
      answers.push(answer);
      return answer;
    };
    for (const path of ["/orders/7", "/safe/page", "/ops/page"]) {
      const sent = await ask(path, PAGE);
      if (sent.status !== 302) continue;
      const back = await visitor.logIn(String(sent.headers.location), { login: name });
      secrets.add(String(back.searchParams.get("code")));
      await ask(back.pathname + back.search, PAGE);
      await ask(path, PAGE);
    }
    await site.moor.elapse(REFRESH_SECONDS + 1);
    await ask("/orders/7", SCRIPT);
    await ask("/.moor/logout", { ...PAGE, "Sec-Fetch-Site": "same-origin", Origin: HOME }, "POST");
  }
  for (const token of provider.tokens) secrets.add(token);
  const texts = [
    ...answers.map(({ headers, text }) => JSON.stringify(headers) + text),
    ...site.moor.logged,
    ...(await Promise.all((await site.moor.storedSessions()).map((file) => readFile(file, "latin1")))),
  ];
  const held = [...secrets].filter((secret) => texts.some((text) => text.includes(secret)));
  expect(held).toEqual([]);
  expect(provider.refreshes).toBe(3);
  expect(secrets.size).toBeGreaterThan(9);
  expect(texts.some((text) => text.includes("alice"))).toBe(true);
});
