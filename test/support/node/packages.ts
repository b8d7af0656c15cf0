import { existsSync } from "node:fs";
import { delimiter, join, relative } from "node:path";
import type { VitestPluginContext } from "vitest/node";

/**
 * Programs of tests that npm does not install. For each Debian package: the programs on the `PATH`, and the files that
 * show that it is there.
 */
const PROGRAMS = {
  "apache2-bin": ["apache2"],
  chromium: ["chromium"],
  dokuwiki: ["/usr/share/dokuwiki/doku.php"],
  "golang-go": ["go"],
  haproxy: ["haproxy"],
  iproute2: ["ip"],
  maven: ["mvn", "javac"],
  mediawiki: ["/usr/share/mediawiki/index.php"],
  nginx: ["nginx"],
  openssl: ["openssl"],
  "mariadb-server-core": ["/usr/sbin/mariadbd"],
  memcached: ["memcached"],
  "php-cli": ["php"],
  postgresql: ["/usr/lib/postgresql"],
  "php-fpm": ["/usr/share/doc/php-fpm"],
  "php-laravel-framework": ["/usr/share/php/Illuminate/autoload.php"],
  "php-mysql": ["/usr/share/doc/php-mysql"],
  "php-sqlite3": ["/usr/share/doc/php-sqlite3"],
  "php-symfony-http-foundation": ["/usr/share/php/Symfony/Component/HttpFoundation/autoload.php"],
  "php-symfony-framework-bundle": ["/usr/share/php/Symfony/Bundle/FrameworkBundle/autoload.php"],
  "php-symfony-security-bundle": ["/usr/share/php/Symfony/Bundle/SecurityBundle/autoload.php"],
  "php-symfony-yaml": ["/usr/share/php/Symfony/Component/Yaml/autoload.php"],
  phpmyadmin: ["/usr/share/phpmyadmin/index.php"],
  phpunit: ["phpunit"],
  prometheus: ["promtool"],
  puma: ["puma"],
  redmine: ["bundle", "/usr/share/redmine/config.ru", "/var/lib/dpkg/info/redmine-sqlite.list"],
  "redis-server": ["redis-server"],
  "ruby-railties": ["ruby", "/var/lib/dpkg/info/ruby-railties.list"],
  "ruby-sinatra": ["ruby", "/var/lib/dpkg/info/ruby-sinatra.list"],
  systemd: ["systemd-analyze"],
  "tomcat10-common": ["java", "/usr/share/tomcat10/bin/bootstrap.jar"],
  "tomcat10-examples": ["/usr/share/tomcat10-examples/examples/META-INF/context.xml"],
  wordpress: ["/usr/share/wordpress/wp-settings.php", "/usr/share/doc/wordpress-theme-twentytwentythree"],
  varnish: ["varnishd"],
  valgrind: ["valgrind", "callgrind_control"],
} as const;

/** A Debian package that tests need. */
export type Package = keyof typeof PROGRAMS;

type Environment = Readonly<Record<string, string | undefined>>;

/** The file of a program on the `PATH`, or undefined. */
export function pathOf(program: string, { PATH = "" }: Environment = process.env): string | undefined {
  return PATH.split(delimiter)
    .map((folder) => join(folder, program))
    .find((file) => existsSync(file));
}

/**
 * The packages that this machine lacks. Tests that need them are skipped. The list is empty if the environment has
 * `CI`, so there a test that lacks a program fails.
 */
export function missingPackages(packages: readonly Package[], environment: Environment = process.env): Package[] {
  const isThere = (name: string) => (name.startsWith("/") ? existsSync(name) : pathOf(name, environment) !== undefined);
  return environment.CI ? [] : packages.filter((name) => !PROGRAMS[name].every(isThere));
}

/**
 * Options of a test or a suite that needs packages. It is skipped if a package is missing, and a warning names the
 * package.
 */
export function needs(...packages: Package[]): { skip: boolean } {
  const missing = missingPackages(packages);
  if (missing.length > 0) console.warn(`some tests are skipped; they need: apt-get install ${missing.join(" ")}`);
  return { skip: missing.length > 0 };
}

const DECLARED = /^\/\*\* @needs (.+) \*\/$/m;

/** The packages that a test file declares at its top, as in `/** @needs nginx redis-server *` + `/`. */
export function declaredPackages(file: string, text: string): Package[] {
  const names = DECLARED.exec(text)?.[1]?.split(" ") ?? [];
  const unknown = names.find((name) => !Object.hasOwn(PROGRAMS, name));
  if (unknown) throw new Error(`${file}: @needs ${unknown}, accepted: ${Object.keys(PROGRAMS).join(", ")}`);
  return names as Package[];
}

/**
 * A plugin of Vite. It replaces a test file whose packages are missing by a skipped test that names them.
 *
 * @param ofAll packages that every file needs besides its own.
 */
export function skipWithoutPackages(environment: Environment = process.env, ofAll: readonly Package[] = []) {
  return {
    name: "skip-without-packages",
    enforce: "pre" as const,
    /** The result of the transformation depends on the machine, so vitest must not cache it. */
    configureVitest({ defineCacheKeyGenerator }: Pick<VitestPluginContext, "defineCacheKeyGenerator">): void {
      defineCacheKeyGenerator(({ id, sourceCode }) =>
        ofAll.length + declaredPackages(id, sourceCode).length > 0 ? false : undefined,
      );
    },
    transform(text: string, id: string): string | undefined {
      if (!id.endsWith(".test.ts")) return undefined;
      const file = relative(process.cwd(), id);
      const missing = missingPackages([...ofAll, ...declaredPackages(file, text)], environment);
      if (missing.length === 0) return undefined;
      const needed = `apt-get install ${missing.join(" ")}`;
      console.warn(`${file} is skipped; it needs: ${needed}`);
      return `import { it } from "vitest"; it.skip(${JSON.stringify(`needs: ${needed}`)}, () => {});`;
    },
  };
}
