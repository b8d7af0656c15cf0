/**
 * Runs express-session's own tests against moor/express, behind a local Moor, and writes
 * docs/reference/express-session-tests.md:
 *
 *     node test/sdk/express-session.ts CHECKOUT TAG
 *
 * CHECKOUT is a clone of expressjs/session, which is not in this repository. Its tests run as they are at TAG.
 */
import { execFile } from "node:child_process";
import { appendFile, cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { startLocalMoor } from "../../bin/local-moor.ts";
import { freePort } from "../../bin/port.ts";
import { buildPackage } from "../support/node/built-package.ts";
import { type Outcome, page, unexplained } from "./express-session/page.ts";

const PAGE = "docs/reference/express-session-tests.md";
/** Time-outs of tests that wait for an error of their store, which never comes. */
const TEST_MS = 20_000;
/** Helpers of the tests that look at the cookie of express-session, or count the calls of its store. */
const LOOKS = [
  "shouldNotHaveHeader",
  "shouldNotSetSessionInStore",
  "shouldSetCookie",
  "shouldSetCookieToDifferentSessionId",
  "shouldSetCookieToExpireIn",
  "shouldSetCookieToValue",
  "shouldSetCookieWithAttribute",
  "shouldSetCookieWithAttributeAndValue",
  "shouldSetCookieWithoutAttribute",
  "shouldSetSessionInStore",
];

const run = promisify(execFile);
const [checkout, tag] = process.argv.slice(2);
if (checkout === undefined || tag === undefined)
  throw new Error("usage: node test/sdk/express-session.ts CHECKOUT TAG");
const folder = await mkdtemp(join(tmpdir(), "moor-express-session-"));
const port = await freePort(0);
const moor = await startLocalMoor({
  config: {
    carriers: [{ type: "cookie", name: "connect.sid" }],
    pools: [{ id: "tests", origins: [{ id: "tests", url: `http://127.0.0.1:${port}` }] }],
  },
  port: 0,
  tellRedis: () => {},
  log: () => {},
});
try {
  await copy(checkout, tag);
  const asTheyAre = await play("false");
  // Functions that are declared last count.
  await appendFile(
    join(folder, "test/session.js"),
    LOOKS.map((name) => `function ${name} () { return function () {} }\n`).join(""),
  );
  const adapted = await play("true");
  const outcomes = Array.from(adapted, ([test, passedAdapted]): Outcome => {
    return { test, passed: asTheyAre.get(test) === true, passedAdapted };
  });
  await writeFile(PAGE, page(tag, outcomes));
  for (const test of unexplained(outcomes)) {
    process.stderr.write(`${test} passes or fails, and its reason says otherwise\n`);
    process.exitCode = 1;
  }
} finally {
  await moor.stop();
  await rm(folder, { recursive: true, force: true });
}

/** Makes a copy of express-session as it is at a version, with the packages that its tests need, and with moor/express. */
async function copy(repository: string, version: string): Promise<void> {
  const archive = join(folder, "source.tar");
  await run("git", ["-C", repository, "archive", "--output", archive, version]);
  await run("tar", ["-xf", archive, "-C", folder]);
  await run("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: folder });
  await buildPackage(join(folder, "node_modules"));
  await cp(join(folder, "index.js"), join(folder, "upstream.js"));
  await cp("test/sdk/express-session/setup.cjs", join(folder, "setup.cjs"));
}

/** Runs the tests. Gives for each test whether it passes; a test whose preparation fails is absent. */
async function play(adapted: "true" | "false"): Promise<Map<string, boolean>> {
  const report = join(folder, "report.json");
  const mocha = [
    join(folder, "node_modules/mocha/bin/mocha.js"),
    "--require",
    "./setup.cjs",
    "--timeout",
    String(TEST_MS),
  ];
  const env = {
    ...process.env,
    PORT: String(port),
    MOOR_URL: moor.url,
    MOOR_ISSUER: moor.url,
    MOOR_AUDIENCE: "tests",
    ADAPTED: adapted,
    NO_DEPRECATION: "express-session",
  };
  const options = ["--exit", "--reporter", "json", "--reporter-option", `output=${report}`, "test/"];
  // Mocha exits with the number of failures.
  await run(process.execPath, [...mocha, ...options], { cwd: folder, env, maxBuffer: 1e8 }).catch(() => {});
  const { tests } = JSON.parse(await readFile(report, "utf8")) as Report;
  const passed = new Map<string, boolean>();
  for (const { fullTitle, err } of tests) {
    const title = passed.has(fullTitle) ? `${fullTitle} (2)` : fullTitle;
    passed.set(title, Object.keys(err).length === 0);
  }
  return passed;
}

interface Report {
  readonly tests: readonly { readonly fullTitle: string; readonly err: object }[];
}
