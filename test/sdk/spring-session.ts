/**
 * Runs Spring Session's own tests of repositories against the repository of sdk/java/spring, and writes
 * sdk/java/spring-session-tests/README.md:
 *
 *     node test/sdk/spring-session.ts CHECKOUT TAG
 *
 * CHECKOUT is a clone of spring-projects/spring-session, which is not in this repository. Its tests run as they are at TAG.
 */
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { type Outcome, page, unexplained } from "./spring-session/page.ts";

const MODULE = "spring-session-tests";
const SESSION = "java/org/springframework/session";
const SOURCES = [
  `spring-session-core/src/test/${SESSION}/MapSessionRepositoryTests.java`,
  `spring-session-core/src/test/${SESSION}/web/http/SessionRepositoryFilterTests.java`,
  `spring-session-data-redis/src/integration-test/${SESSION}/data/redis/RedisSessionRepositoryITests.java`,
];

const run = promisify(execFile);
const [checkout, tag] = process.argv.slice(2);
if (checkout === undefined || tag === undefined) throw new Error("usage: node test/sdk/spring-session.ts CHECKOUT TAG");
const folder = await mkdtemp(join(tmpdir(), "moor-spring-session-"));
try {
  await copy(checkout, tag);
  const outcomes = merged(await play("false"), await play("true"));
  await writeFile(join("sdk/java", MODULE, "README.md"), page(tag, outcomes));
  for (const test of unexplained(outcomes)) {
    process.stderr.write(`${test} passes or fails, and its reason says otherwise\n`);
    process.exitCode = 1;
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** Makes a copy of sdk/java, beside the sources of the tests. */
async function copy(repository: string, version: string): Promise<void> {
  await cp("sdk/java", folder, { recursive: true, filter: (path) => basename(path) !== "target" });
  for (const source of SOURCES) {
    const { stdout } = await run("git", ["-C", repository, "show", `${version}:${source}`], { maxBuffer: 1e7 });
    const target = join(folder, MODULE, "src/test", source.slice(source.indexOf("java/")));
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, stdout);
  }
  const pom = join(folder, "pom.xml");
  const modules = (await readFile(pom, "utf8")).replace("<modules>", `<modules><module>${MODULE}</module>`);
  await writeFile(pom, modules);
}

/** Runs the tests, with or without an attribute in each new session. */
async function play(fills: "true" | "false"): Promise<Map<string, boolean>> {
  const tests = ["-Dtest=org.springframework.**.*Tests", "-Dsurefire.failIfNoSpecifiedTests=false"];
  const maven = ["--quiet", "--batch-mode", "--projects", MODULE, "--also-make", ...tests];
  await run("mvn", [...maven, `-Dmoor.outside.fill=${fills}`, "package"], { cwd: folder, maxBuffer: 1e8 });
  const reports = join(folder, MODULE, "target", "surefire-reports");
  const passed = new Map<string, boolean>();
  for (const file of (await readdir(reports)).filter((name) => name.endsWith(".xml")).sort()) {
    const xml = await readFile(join(reports, file), "utf8");
    const cases = xml.matchAll(/<testcase name="([^"]+)" classname="([^"]+)"[^>]*?(?:\/>|>([\s\S]*?)<\/testcase>)/g);
    for (const [, test = "", suite = "", content = ""] of cases) {
      passed.set(`${suite.split(".").at(-1)}.${test}`, !/<(failure|error)\b/.test(content));
    }
  }
  return passed;
}

function merged(asTheyAre: Map<string, boolean>, filled: Map<string, boolean>): Outcome[] {
  return Array.from(asTheyAre, ([name, passed]) => {
    const [suite = "", test = ""] = name.split(".");
    return { suite, test, passed, passedFilled: filled.get(name) === true };
  });
}
