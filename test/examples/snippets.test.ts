import { execFile } from "node:child_process";
import { generateKeyPairSync, sign } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createOrigin } from "../../src/sdk/origin/index.ts";
import { freePort } from "../support/node/ports.ts";
import { isInstalled, type Language, languages } from "./languages.ts";
import { type PublishedKeys, servePublishedKeys } from "./published-keys.ts";
import { startExample } from "./running-example.ts";

/** The code blocks of a page that are in one language. */
async function snippetsOf(page: string, language: string): Promise<string[]> {
  const text = await readFile(page, "utf8");
  const blocks = Array.from(text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm), ([, name, code]) => ({ name, code }));
  return blocks.flatMap(({ name, code = "" }) => (name === language ? [code] : []));
}

const GUIDE = "docs/guide/origin.md";
const ISSUER = "https://shop.example.com";
const exec = promisify(execFile);
const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
let keys: PublishedKeys;
let folder: string;

beforeAll(async () => {
  keys = await servePublishedKeys();
  keys.publish(publicKey, "k");
  folder = await mkdtemp(join(tmpdir(), "moor-snippets-"));
});
afterAll(async () => {
  await keys.stop();
  await rm(folder, { recursive: true, force: true });
});

/** A handoff of 60 seconds that was signed just now by the clock of a Moor that is ahead of this machine's by `aheadSeconds`. */
function handoff(aheadSeconds: number, ageSeconds = 0): string {
  const iat = Math.floor(Date.now() / 1000) + aheadSeconds - ageSeconds;
  const claims = {
    iss: keys.url,
    aud: "shop",
    iat,
    exp: iat + 60,
    gen: 0,
    ver: 1,
    sid: "s".repeat(22),
    data: { fruit: "apple" },
  };
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const text = `${encode({ alg: "ES256", kid: "k", typ: "JWT" })}.${encode(claims)}`;
  return `${text}.${sign("sha256", Buffer.from(text), { key: privateKey, dsaEncoding: "ieee-p1363" }).toString("base64url")}`;
}

/** A program that runs a snippet for one request with a handoff, and resolves to the attribute `fruit`. */
type Run = (snippet: string, jwt: string) => Promise<string>;

const settings = (jwt: string) => ({
  MOOR_ISSUER: keys.url,
  MOOR_AUDIENCE: "shop",
  MOOR_URL: keys.url,
  HTTP_MOOR_SESSION: jwt,
  TMPDIR: folder,
});

/** Writes a program, and runs it with the handoff in its environment. */
async function runFile(jwt: string, name: string, code: string, command: readonly string[]): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, code);
  const [program = "", ...args] = command;
  const { stdout } = await exec(program, [...args, file], { env: { ...process.env, ...settings(jwt) } });
  return stdout.trim();
}

const js: Run = async (snippet, jwt) => {
  const body = `return (async () => { ${snippet}\nreturn session.attributes.fruit; })();`;
  const run = new Function("createOrigin", "request", "response", body);
  const request = new Request("https://shop.example.com/", { headers: { "Moor-Session": jwt } });
  return run(createOrigin, request, new Response()) as Promise<string>;
};

const python: Run = (snippet, jwt) => {
  const frame = `import json, os, jwt
class Message:
    def __init__(self, headers): self.headers = headers
request = Message({"Moor-Session": os.environ["HTTP_MOOR_SESSION"]})
response = Message({})
${snippet}
print(session["data"]["fruit"])`;
  return runFile(jwt, "snippet.py", frame, ["/usr/bin/python3"]);
};

const php: Run = (snippet, jwt) => {
  // A session of the command line has no headers to send.
  const code = `<?php\nob_start();\n${snippet.replace("'sdk/php", `'${resolve("sdk/php")}`)}\necho $_SESSION['fruit'];`;
  return runFile(jwt, "snippet.php", code, ["php", "-d", `sys_temp_dir=${folder}`]);
};

const ruby: Run = (snippet, jwt) => {
  const code = `require "rack"
application = Rack::Builder.new do
${snippet}
run ->(env) { [200, {}, [env["rack.session"]["fruit"].to_s]] }
end
response = Rack::MockRequest.new(application).get("/", "HTTP_MOOR_SESSION" => ENV["HTTP_MOOR_SESSION"])
abort response.body unless response.ok?
print response.body`;
  return runFile(jwt, "snippet.rb", code, ["ruby", "-I", resolve("sdk/ruby/lib")]);
};

const go: Run = async (snippet, jwt) => {
  const port = await freePort();
  const [main = ""] = snippet.split(/^func /m);
  const code = `package main
import ("io"; "net/http"; "moor.example/moor")
func main() {
mux := http.NewServeMux()
mux.HandleFunc("/", func(response http.ResponseWriter, request *http.Request) {
session, err := moor.FromRequest(request)
if err != nil {
http.Error(response, err.Error(), moor.Status(err))
return
}
fruit, _ := session.Get("fruit").(string)
io.WriteString(response, fruit)
})
${main.replace(":8080", `127.0.0.1:${port}`).replace(/^(keeper, err := .*)$/m, "$1\nif err != nil { panic(err) }")}
}`;
  await writeFile(join(folder, "main.go"), code);
  const module = `module snippet\ngo 1.23\nrequire moor.example/moor v0.1.0\nreplace moor.example/moor => ${resolve("sdk/go")}\n`;
  await writeFile(join(folder, "go.mod"), module);
  const binary = join(folder, "go-snippet");
  await exec("go", ["build", "-C", folder, "-o", binary, "main.go"], { env: { ...process.env, CGO_ENABLED: "0" } });
  const server = await startExample([binary], port, settings(""));
  try {
    const response = await fetch(server.url, { headers: { "Moor-Session": jwt } });
    const text = await response.text();
    if (response.status !== 200) throw new Error(`${response.status} ${text}`);
    return text;
  } finally {
    await server.stop();
  }
};

const java: Run = (snippet, jwt) => {
  const code = `import java.util.Map;
import moor.session.*;
class Snippet {
  static class Request {
    String getHeader(String name) { return System.getenv("HTTP_MOOR_SESSION"); }
    String getRequestURI() { return "/"; }
  }
  static class Response { void addHeader(String name, String value) {} }
  public static void main(String[] args) throws Exception {
    var request = new Request();
    var response = new Response();
${snippet}
    System.out.println(session.get("fruit"));
  }
}`;
  return javaClasses().then((classes) => runFile(jwt, "Snippet.java", code, ["java", "-cp", classes]));
};
let classes: Promise<string> | undefined;
function javaClasses(): Promise<string> {
  const out = join(folder, "classes");
  const core = "sdk/java/core/src/main/java";
  const sources = ["Moor", "MoorSession", "MoorException", "Settings"].map((name) =>
    join(core, `moor/session/${name}.java`),
  );
  classes ??= exec("javac", ["-sourcepath", core, "-d", out, ...sources]).then(() => out);
  return classes;
}

const PROBES: Record<string, Pick<Language, "name" | "packages" | "probe">> = {
  ...Object.fromEntries(languages.map((language) => [language.name, language])),
  js: { name: "js", packages: "nodejs", probe: [process.execPath, "--version"] },
};
const SNIPPETS: readonly { language: string; page: string; run: Run; verifies: RegExp }[] = [
  { language: "js", page: "README.md", run: js, verifies: /createOrigin/ },
  { language: "js", page: GUIDE, run: js, verifies: /createOrigin\(/ },
  { language: "php", page: GUIDE, run: php, verifies: /MoorSession::register/ },
  { language: "ruby", page: GUIDE, run: ruby, verifies: /SessionStore/ },
  { language: "python", page: GUIDE, run: python, verifies: /jwt\.decode/ },
  { language: "go", page: GUIDE, run: go, verifies: /moor\.New/ },
  { language: "go", page: "sdk/go/README.md", run: go, verifies: /ListenAndServe/ },
  { language: "java", page: GUIDE, run: java, verifies: /new Moor\(/ },
];
const found = await Promise.all(
  SNIPPETS.map(async (each) => {
    const snippets = (await snippetsOf(each.page, each.language)).filter((code) => each.verifies.test(code));
    const language = PROBES[each.language] as Language;
    return { ...each, snippets, installed: await isInstalled(language) };
  }),
);

describe.each(found)("the snippet that verifies a handoff in $language, of $page", ({ snippets, run, installed }) => {
  const its = it.skipIf(!installed);
  const local = () => snippets.map((snippet) => snippet.replaceAll(ISSUER, keys.url)).join();

  it("is there, once", () => expect(snippets).toHaveLength(1));

  // A program that starts late sees an older handoff, so some seconds of the tolerance are left for the start.
  its.each([
    ["ahead", 10, 0],
    ["behind, at the end of the handoff's life", -10, 52],
  ])("accepts a handoff of a Moor whose clock is 10 seconds %s", async (_how, ahead, age) => {
    expect(await run(local(), handoff(ahead, age))).toBe("apple");
  });

  its.each([
    ["ahead", 90],
    ["behind, as if it had expired", -90],
  ])("refuses a handoff of a Moor whose clock is 90 seconds %s", async (_how, ahead) => {
    expect(await run(local(), handoff(ahead)).catch(() => "refused")).not.toBe("apple");
  });
});
