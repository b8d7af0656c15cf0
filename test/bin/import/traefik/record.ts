import { execFileSync } from "node:child_process";
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { at, readDocument } from "../../../../bin/import/traefik/document.ts";
import { requestsNear } from "../equivalence.ts";
import { DECISIONS, type Decisions, routersOf, VERSION, written } from "./decisions.ts";

const MODULES = `module decide
go 1.25.0
require github.com/traefik/traefik/v3 ${VERSION}
replace github.com/traefik/traefik/dynamic/ext => ./ext
replace github.com/abbot/go-http-auth => github.com/containous/go-http-auth v0.4.1-0.20260804094822-b975dcaa8c48
replace github.com/gorilla/mux => github.com/containous/mux v0.0.0-20250523120546-41b6ec3aed59
`;
const REQUESTS = 150;
const SEED = 1;

/**
 * Asks Traefik's own code, as its Go module, which router takes each of some requests, and writes the decisions to a file. The module needs a
 * second module of Traefik's repository, with two empty types, that no proxy of modules serves.
 */
async function record(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "moor-traefik-"));
  try {
    cpSync("test/bin/import/traefik/decide.go", join(folder, "main.go"));
    mkdirSync(join(folder, "ext"));
    writeFileSync(join(folder, "go.mod"), MODULES);
    writeFileSync(join(folder, "ext/go.mod"), "module github.com/traefik/traefik/dynamic/ext\ngo 1.25.0\n");
    writeFileSync(join(folder, "ext/ext.go"), "package ext\n\ntype HTTP struct{}\n\ntype Router struct{}\n");
    const go = (...args: string[]) => execFileSync("go", args, { cwd: folder, stdio: "inherit" });
    go("mod", "tidy");
    go("build", "-o", "decide", ".");
    const recorded: Record<string, Decisions> = {};
    for (const file of globSync("test/bin/import/gallery/traefik/*.y*ml").sort()) {
      const document = await readDocument(file);
      const routers = routersOf(document);
      const requests = fc.sample(requestsNear(readFileSync(file, "utf8")), { numRuns: REQUESTS, seed: SEED });
      const servers = (at(document, "http", "services")?.entries ?? []).flatMap(({ value }) =>
        (at(value, "loadBalancer", "servers")?.items ?? []).map((server) => at(server, "url")?.text ?? ""),
      );
      const input = JSON.stringify({ routers, requests, servers });
      const told = JSON.parse(execFileSync(join(folder, "decide"), { input, encoding: "utf8" }));
      recorded[file] = {
        requests: requests.map((asked, index) => written(asked, told.routers[index])),
        cookies: told.cookies,
      };
    }
    writeFileSync(DECISIONS, `${JSON.stringify(recorded, null, 2)}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

await record();
