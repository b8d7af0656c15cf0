/** @needs golang-go */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describeApplication } from "./harness/application.suite.ts";
import { inNotebook } from "./harness/notebook.ts";

const FOLDER = "test/applications/go";
const run = promisify(execFile);

describeApplication({
  ...inNotebook,
  id: "go",
  name: "A notebook on gorilla/sessions",
  framework: "Go",
  lines: ['store = gorilla.NewStore("notebook")', "http.ListenAndServe(address, keeper.Wrap(mux))"],
  async prepare(out) {
    const server = join(out, "server");
    await run("go", ["build", "-o", server, "."], { cwd: FOLDER });
    const { stdout } = await run("go", ["list", "-m", "-f", "{{.Version}}", "github.com/gorilla/sessions"], {
      cwd: FOLDER,
    });
    return { version: stdout.trim().slice("v".length), command: () => ({ argv: [server] }) };
  },
});
