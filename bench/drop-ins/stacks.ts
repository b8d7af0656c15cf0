import { execFile } from "node:child_process";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { buildJava } from "../../test/sdk/java-build.ts";
import { PYTHON } from "../../test/sdk/python-tools.ts";

/** A framework whose sessions are in Moor, or in Redis by the store that its own users take. */
export interface Stack {
  readonly name: string;
  /** The package that keeps sessions in Redis. */
  readonly redisStore: string;
  /** Builds the server into an empty folder, if it must be built. */
  build?(out: string): Promise<void>;
  /** The command of the server. It reads `PORT`, and Moor's settings or `REDIS_URL`, from its environment. */
  command(out: string, port: number, redisPort: number | undefined): Promise<readonly string[]> | readonly string[];
  /** Requests before the measured requests. The compiler of a virtual machine must have done its work. */
  readonly warmUp: number;
}

const SERVERS = resolve("bench/drop-ins/servers");
const run = promisify(execFile);

export const STACKS: readonly Stack[] = [
  {
    name: "Express",
    redisStore: "connect-redis",
    command: (_out, _port, redisPort) => {
      return [process.execPath, join(SERVERS, redisPort === undefined ? "express-moor.ts" : "express-redis.ts")];
    },
    warmUp: 500,
  },
  {
    name: "Fastify",
    redisStore: "@fastify/session, connect-redis",
    command: () => [process.execPath, join(SERVERS, "fastify.ts")],
    warmUp: 500,
  },
  {
    name: "Koa",
    redisStore: "koa-session, koa-redis",
    command: () => [process.execPath, join(SERVERS, "koa.ts")],
    warmUp: 500,
  },
  {
    name: "PHP, `$_SESSION`",
    redisStore: "phpredis, without locks",
    command: (_out, port, redisPort) => {
      const ofMoor = [`auto_prepend_file=${resolve("sdk/php/moor-session.php")}`];
      const ofRedis = ["session.save_handler=redis", `session.save_path=tcp://127.0.0.1:${redisPort}`];
      const settings = ["output_buffering=4096", ...(redisPort === undefined ? ofMoor : ofRedis)];
      const options = settings.flatMap((setting) => ["-d", setting]);
      return ["php", ...options, "-S", `127.0.0.1:${port}`, "-t", resolve("sdk/php/conformance")];
    },
    warmUp: 100,
  },
  {
    name: "Symfony",
    redisStore: "RedisSessionHandler, phpredis",
    command: (_out, port) => phpServer(port, "symfony.php"),
    warmUp: 100,
  },
  {
    name: "Laravel",
    redisStore: "its own driver, phpredis",
    command: (_out, port) => phpServer(port, "laravel.php"),
    warmUp: 100,
  },
  {
    name: "Flask",
    redisStore: "Flask-Session",
    command: () => ["env", `PYTHONPATH=${resolve("sdk/python")}`, PYTHON, "-B", join(SERVERS, "flask_app.py")],
    warmUp: 500,
  },
  {
    name: "Rails",
    redisStore: "its own cache store, redis-rb",
    command: () => ["ruby", "-I", resolve("sdk/ruby/lib"), resolve("sdk/ruby/conformance/rails_app.rb")],
    warmUp: 500,
  },
  {
    name: "Sinatra",
    redisStore: "redis-rack",
    command: () => ["ruby", "-I", resolve("sdk/ruby/lib"), join(SERVERS, "sinatra.rb")],
    warmUp: 500,
  },
  {
    name: "Go, gorilla/sessions",
    redisStore: "redistore",
    async build(out) {
      await run("go", ["build", "-o", join(out, "server"), "."], { cwd: join(SERVERS, "go") });
    },
    command: (out) => [join(out, "server")],
    warmUp: 500,
  },
  {
    name: "Spring Session",
    redisStore: "Spring Session Data Redis",
    async build(out) {
      const built = await buildJava("bench", join(SERVERS, "spring"));
      await run("cp", ["-r", built.folderOf("bench"), join(out, "bench")]);
      await built.remove();
    },
    command: (out) => [
      "java",
      "-Xmx256m",
      "-cp",
      `${join(out, "bench/classes")}:${join(out, "bench/lib/*")}`,
      "moor.session.bench.Main",
    ],
    warmUp: 5_000,
  },
];

/** The pages of a conformance application. */
function phpServer(port: number, file: string): readonly string[] {
  return ["php", "-d", "output_buffering=4096", "-S", `127.0.0.1:${port}`, resolve("sdk/php/conformance", file)];
}
