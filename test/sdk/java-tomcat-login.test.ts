/** @needs maven tomcat10-common tomcat10-examples */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Prepared } from "../applications/harness/application.ts";
import { type Pair, startPair } from "../applications/harness/pair.ts";
import { prepareTomcat } from "../applications/harness/tomcat.ts";

const PROTECTED = "/examples/jsp/security/protected";

let out: string;
let prepared: Prepared;
let pair: Pair;

beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), "moor-tomcat-login-"));
  prepared = await prepareTomcat(out);
  pair = await startPair("Tomcat's form login", prepared);
}, 300_000);

afterAll(async () => {
  await pair?.stop();
  await prepared?.stop?.();
  await rm(out, { recursive: true, force: true });
});

it("logs a visitor in by Tomcat's own form, and follows its redirects", async () => {
  const browser = pair.browser();
  expect((await browser.open(`${PROTECTED}/index.jsp`)).text).toContain("j_security_check");
  const login = { j_username: "alice", j_password: "secret" };
  const page = await browser.submit(`${PROTECTED}/j_security_check`, login);
  expect(page.path).toBe(`${PROTECTED}/index.jsp`);
  expect(page.text).toMatch(/logged in as remote user\s*<b>alice<\/b>/);
  expect((await browser.open("/examples")).path).toBe("/examples/");
});

it("shows an application the host and the port that the visitor asked for", async () => {
  const { text } = await pair.browser().open("/examples/jsp/snp/snoop.jsp");
  expect(text).toMatch(/Server name: shop\.test\s/);
  expect(text).toMatch(/Server port: 443\s/);
});
