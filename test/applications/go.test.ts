/** @needs golang-go */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "vitest";
import { TEST_ISSUER } from "../support/node/workerd.ts";
import { describeApplication } from "./harness/application.suite.ts";
import { VISITOR_IP } from "./harness/browser.ts";
import { linesIn } from "./harness/guide.ts";
import { inNotebook } from "./harness/notebook.ts";

const FOLDER = "test/applications/go";
const run = promisify(execFile);

describeApplication({
  ...inNotebook,
  id: "go",
  name: "A notebook on gorilla/sessions",
  framework: "Go",
  lines: linesIn(join(FOLDER, "server.go"), "go", "server.go"),
  async logIn(browser) {
    await inNotebook.logIn(browser);
    const { text } = await browser.open("/");
    expect(text).toContain(`${TEST_ISSUER}/ for ${VISITOR_IP}`);
  },
  async prepare(out) {
    const server = join(out, "server");
    await run("go", ["build", "-o", server, "."], { cwd: FOLDER });
    const { stdout } = await run("go", ["list", "-m", "-f", "{{.Version}}", "github.com/gorilla/sessions"], {
      cwd: FOLDER,
    });
    return { version: stdout.trim().slice("v".length), command: () => ({ argv: [server] }) };
  },
});
