/** @quick */
import { glob, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { declaredPackages, missingPackages, type Package, skipWithoutPackages } from "../support/node/packages.ts";

/** A `PATH` with only these programs. */
async function pathWith(...programs: string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "moor-path-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const name of programs) await symlink(process.execPath, join(folder, name));
  return folder;
}

describe("a package that tests need", () => {
  it("is missing where the PATH lacks its program", async () => {
    const environment = { PATH: await pathWith("nginx") };
    expect(missingPackages(["nginx", "prometheus", "redis-server"], environment)).toEqual([
      "prometheus",
      "redis-server",
    ]);
  });

  it("is never missing in CI, so that the test runs there and fails", async () => {
    expect(missingPackages(["redis-server"], { PATH: await pathWith(), CI: "true" })).toEqual([]);
  });

  it("is declared by a file at its top, by a name that is known", () => {
    expect(declaredPackages("a.test.ts", "/** @needs nginx redis-server */\nimport x;")).toEqual([
      "nginx",
      "redis-server",
    ]);
    expect(declaredPackages("a.test.ts", "import x;")).toEqual([]);
    expect(() => declaredPackages("a.test.ts", "/** @needs redis */")).toThrow(
      /^a\.test\.ts: @needs redis, accepted: /,
    );
  });
});

describe("a test file whose package is missing", () => {
  const text = "/** @needs redis-server */\nawait startRedis();";

  it("is a single skipped test that names the package, and a line on stderr says so", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    onTestFinished(() => warn.mockRestore());
    const { transform } = skipWithoutPackages({ PATH: await pathWith() });
    expect(transform(text, resolve("test/a.test.ts"))).toBe(
      'import { it } from "vitest"; it.skip("needs: apt-get install redis-server", () => {});',
    );
    expect(warn.mock.calls).toEqual([["test/a.test.ts is skipped; it needs: apt-get install redis-server"]]);
  });

  it("stays as it is in CI, and where the package is there", async () => {
    for (const environment of [{ PATH: await pathWith(), CI: "1" }, { PATH: await pathWith("redis-server") }]) {
      expect(skipWithoutPackages(environment).transform(text, resolve("test/a.test.ts"))).toBeUndefined();
    }
  });
});

describe("a test file that declares packages", () => {
  it("is not kept by vitest from an earlier run, when the machine may have had other programs", () => {
    const keys: unknown[] = [];
    skipWithoutPackages().configureVitest({
      defineCacheKeyGenerator: (keyOf) => {
        const of = (sourceCode: string) => keyOf({ id: "/a.test.ts", sourceCode, environment: {} as never });
        keys.push(of("/** @needs nginx */"), of("import x;"));
      },
    });
    expect(keys).toEqual([false, undefined]);
  });
});

/** The shell script that starts a program of a package. */
const STARTERS: Readonly<Record<string, Package>> = {
  startRedis: "redis-server",
  startStores: "redis-server",
  startNginx: "nginx",
  startApache: "apache2-bin",
  startTomcat: "tomcat10-common",
  startPhp: "php-cli",
  startTlsOrigin: "openssl",
  launchBrowser: "chromium",
};

describe("each test file", () => {
  it("declares the packages whose programs it starts", async () => {
    const undeclared: string[] = [];
    for await (const file of glob("test/**/*.test.ts")) {
      const text = await readFile(file, "utf8");
      const imported = new Set(
        Array.from(text.matchAll(/^import (?:\{[^}]*\})/gm), ([found]) => found.match(/\w+/g)).flat(),
      );
      const declared = declaredPackages(file, text);
      for (const [starter, name] of Object.entries(STARTERS)) {
        if (imported.has(starter) && !declared.includes(name))
          undeclared.push(`${file} calls ${starter}: @needs ${name}`);
      }
    }
    expect(undeclared).toEqual([]);
  });
});
