import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePort } from "../../../support/node/ports.ts";
import { startServer } from "../../../support/node/started.ts";
import { type PathOrigin, SECRET } from "./path-origin.ts";

/** The servers of `examples/` that read paths by themselves. Each application looks at the path that its server gives it. */
export function startExampleOrigins(folder: string, pages: string): Promise<PathOrigin>[] {
  return [
    startPhp("PHP's own server", ["-t", pages]),
    startPhpRouter(folder),
    startNode(),
    startSinatra(folder),
    startGo(join(folder, "go")),
    startJava(folder),
  ];
}

async function startPhp(name: string, args: readonly string[]): Promise<PathOrigin> {
  const port = await freePort();
  const { kill } = await startServer(["php", "-S", `127.0.0.1:${port}`, ...args], port, { needs: "php-cli" });
  return { name, port, stop: kill };
}

async function startPhpRouter(folder: string): Promise<PathOrigin> {
  const file = join(folder, "router.php");
  await writeFile(
    file,
    `<?php
$path = rawurldecode((string) parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH));
echo preg_match('~^/admin(/|$)~', $path) ? '${SECRET}' : 'open';
`,
  );
  return startPhp("PHP with parse_url", [file]);
}

/** Many servers of Node read the path by `new URL`, which takes the first name after two slashes for a host. */
async function startNode(): Promise<PathOrigin> {
  const server = createServer(({ url = "" }, response) => {
    const base = "http://localhost";
    const path = URL.canParse(url, base) ? new URL(url, base).pathname : "";
    response.end(/^\/admin(\/|$)/.test(path) ? SECRET : "open");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const stop = async () => {
    server.closeAllConnections();
    server.close();
  };
  return { name: "Node with new URL", port: (server.address() as AddressInfo).port, stop };
}

async function startSinatra(folder: string): Promise<PathOrigin> {
  const port = await freePort();
  const file = join(folder, "site.rb");
  await writeFile(
    file,
    `require "sinatra/base"

class Site < Sinatra::Base
  set :server, :puma
  set :bind, "127.0.0.1"
  set :port, ${port}
  set :environment, :production
  set :strict_paths, false
  disable :protection, :logging
  get("/admin") { "${SECRET}" }
  get("/admin/*") { "${SECRET}" }
  get("*") { "open" }
end

Site.run!(quiet: true)
`,
  );
  const { kill } = await startServer(["ruby", file], port, { needs: "ruby-sinatra puma" });
  return { name: "Sinatra on Puma", port, stop: kill };
}

async function startGo(folder: string): Promise<PathOrigin> {
  const port = await freePort();
  await mkdir(folder);
  await writeFile(join(folder, "go.mod"), "module site\n\ngo 1.21\n");
  await writeFile(
    join(folder, "main.go"),
    `package main

import (
	"net/http"
	"strings"
)

func serve(response http.ResponseWriter, request *http.Request) {
	text := "open"
	if path := request.URL.Path; path == "/admin" || strings.HasPrefix(path, "/admin/") {
		text = "${SECRET}"
	}
	response.Write([]byte(text))
}

func main() { http.ListenAndServe("127.0.0.1:${port}", http.HandlerFunc(serve)) }
`,
  );
  await promisify(execFile)("go", ["build", "-o", "site", "."], { cwd: folder });
  const { kill } = await startServer([join(folder, "site")], port, { needs: "golang-go" });
  return { name: "Go", port, stop: kill };
}

async function startJava(folder: string): Promise<PathOrigin> {
  const port = await freePort();
  const file = join(folder, "Site.java");
  await writeFile(
    file,
    `import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.util.concurrent.Executors;

public class Site {
    public static void main(String[] arguments) throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", ${port}), 0);
        server.createContext("/", exchange -> {
            String path = exchange.getRequestURI().getPath();
            boolean isSecret = path.equals("/admin") || path.startsWith("/admin/");
            byte[] text = (isSecret ? "${SECRET}" : "open").getBytes();
            exchange.sendResponseHeaders(200, text.length);
            exchange.getResponseBody().write(text);
            exchange.close();
        });
        server.setExecutor(Executors.newFixedThreadPool(4));
        server.start();
    }
}
`,
  );
  const { kill } = await startServer(["java", "-Xmx128m", file], port, { needs: "default-jdk-headless" });
  return { name: "Java's HttpServer", port, stop: kill };
}
