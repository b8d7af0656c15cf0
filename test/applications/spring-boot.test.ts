/** @needs maven */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { buildJava } from "../sdk/java-build.ts";
import { TEST_ISSUER } from "../support/node/workerd.ts";
import { describeApplication } from "./harness/application.suite.ts";
import type { Prepared } from "./harness/application.ts";
import { fieldsOf } from "./harness/browser.ts";
import { linesOf, snippetOf } from "./harness/guide.ts";

describeApplication({
  id: "spring-boot",
  name: "A notebook with Spring Security's login",
  framework: "Spring Boot",
  lines: [...linesOf("spring-boot", "application.properties"), "pom.xml: the dependency moor:moor-session-spring"],
  session: "Moor",
  page: "/",
  prepare,
  async logIn(browser) {
    const form = fieldsOf(await browser.open("/login"), "username");
    const { path } = await browser.submit("/login", { ...form, username: "alice", password: "secret" });
    expect(path).not.toContain("error");
  },
  knows: ({ text }) => text.includes(`alice is logged in at ${TEST_ISSUER}/.`),
  async openForm(browser) {
    const form = fieldsOf(await browser.open("/"), "words");
    return (words) => browser.submit("/words", { ...form, words });
  },
  async logOut(browser) {
    // Spring Security has a page that asks for a confirmation.
    await browser.submit("/logout", fieldsOf(await browser.open("/logout"), "_csrf"));
  },
});

async function prepare(out: string): Promise<Prepared> {
  const built = await buildJava("application", "test/applications/spring-boot");
  const settings = join(out, "config");
  await mkdir(settings);
  await writeFile(join(settings, "application.properties"), snippetOf("spring-boot", "application.properties"));
  const properties = [`-Dspring.config.additional-location=file:${settings}/`];
  return {
    version: built.version("spring-boot"),
    command: () => ({
      argv: ["java", "-Xmx192m", ...properties, "-cp", built.classPath("application"), "shop.Application"],
    }),
    stop: () => built.remove(),
  };
}
