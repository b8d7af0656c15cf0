import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import express from "express";
import { phpFpm } from "../../../applications/harness/php-fpm.ts";
import { startApache } from "../../../support/node/apache.ts";
import { freePort } from "../../../support/node/ports.ts";
import { startServer } from "../../../support/node/started.ts";
import { startExampleOrigins } from "./example-origins.ts";
import { type PathOrigin, SECRET } from "./path-origin.ts";

/** Starts the servers, as lenient in reading a path as their settings allow. */
export async function startPathOrigins(): Promise<readonly PathOrigin[]> {
  const folder = await mkdtemp(join(tmpdir(), "moor-paths-"));
  const pages = join(folder, "pages");
  for (const name of ["admin", "public"]) {
    await mkdir(join(pages, name), { recursive: true });
    const text = name === "admin" ? SECRET : "open";
    for (const file of ["secret", "x", "index.html"]) await writeFile(join(pages, name, file), text);
    await writeFile(join(pages, name, "index.php"), `<?php echo "${text}";`);
  }
  await writeFile(join(pages, "index.php"), '<?php echo "open";');
  await writeFile(join(pages, "index.html"), "open");
  await writeFile(join(pages, "health"), "");
  const [apache, ...others] = await Promise.all([
    startApacheOn(pages),
    startExpress(),
    startWsgi(folder),
    startNginxWithPhp(folder, pages),
    startTomcat(join(folder, "tomcat"), pages),
    ...startExampleOrigins(folder, pages),
  ]);
  const stopLast = async () => {
    await apache.stop();
    await rm(folder, { recursive: true, force: true });
  };
  return [...others, { ...apache, stop: stopLast }];
}

async function startExpress(): Promise<PathOrigin> {
  const app = express();
  app.use("/admin", (_request, response) => void response.send(SECRET));
  app.use((_request, response) => void response.send("open"));
  // A path that is no UTF-8 is an error of Express, and not worth a line.
  app.use(
    (_error: unknown, _request: unknown, response: express.Response, _next: unknown) => void response.sendStatus(400),
  );
  const server = app.listen(0, "127.0.0.1");
  await once(server, "listening");
  const stop = async () => {
    server.closeAllConnections();
    server.close();
  };
  return { name: "Express 5", port: (server.address() as AddressInfo).port, stop };
}

async function startWsgi(folder: string): Promise<PathOrigin> {
  const port = await freePort();
  const file = join(folder, "site.py");
  await writeFile(
    file,
    `from socketserver import ThreadingMixIn
from wsgiref.simple_server import make_server, WSGIRequestHandler, WSGIServer

class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True

class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass

def site(environ, start):
    path = environ["PATH_INFO"]
    start("200 OK", [("Content-Type", "text/plain")])
    return [b"${SECRET}" if path == "/admin" or path.startswith("/admin/") else b"open"]

make_server("127.0.0.1", ${port}, site, Server, Quiet).serve_forever()
`,
  );
  const { kill } = await startServer(["python3", file], port, { needs: "python3" });
  return { name: "Python WSGI", port, stop: kill };
}

async function startNginxWithPhp(folder: string, pages: string): Promise<PathOrigin> {
  const port = await freePort();
  const { argv } = await phpFpm({ folder: join(folder, "fpm"), port, pages });
  const [shell = "", ...args] = argv;
  const both = spawn(shell, args, { stdio: "ignore", detached: true });
  const exited = once(both, "exit");
  await waitFor(async () => (await fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined))?.ok === true);
  const stop = async () => {
    // nginx and PHP-FPM are a group of processes.
    process.kill(-Number(both.pid), "SIGKILL");
    await exited;
  };
  return { name: "nginx with PHP", port, stop };
}

async function waitFor(holds: () => Promise<boolean>): Promise<void> {
  const endsAt = Date.now() + 60_000;
  while (!(await holds())) {
    if (Date.now() > endsAt) throw new Error("nginx with PHP did not start (Debian: apt-get install nginx php-fpm)");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function startApacheOn(pages: string): Promise<PathOrigin> {
  const port = await freePort();
  const settings = `LoadModule dir_module /usr/lib/apache2/modules/mod_dir.so
DocumentRoot ${pages}
DirectoryIndex index.html
AllowEncodedSlashes On
MaxKeepAliveRequests 0
<Directory ${pages}>
Require all granted
</Directory>`;
  const { stop } = await startApache(settings, port);
  return { name: "Apache", port, stop };
}

const TOMCAT = "/usr/share/tomcat10";

async function startTomcat(folder: string, pages: string): Promise<PathOrigin> {
  const port = await freePort();
  for (const part of ["conf", "temp", "work", "webapps"]) await mkdir(join(folder, part), { recursive: true });
  await writeFile(join(folder, "conf/catalina.properties"), `common.loader="${TOMCAT}/lib/*.jar"\n`);
  await writeFile(
    join(folder, "conf/web.xml"),
    `<web-app>
<servlet><servlet-name>default</servlet-name><servlet-class>org.apache.catalina.servlets.DefaultServlet</servlet-class></servlet>
<servlet-mapping><servlet-name>default</servlet-name><url-pattern>/</url-pattern></servlet-mapping>
<welcome-file-list><welcome-file>index.html</welcome-file></welcome-file-list>
</web-app>`,
  );
  await writeFile(
    join(folder, "conf/server.xml"),
    `<Server port="-1"><Service name="Catalina">
<Connector port="${port}" address="127.0.0.1" maxKeepAliveRequests="-1" encodedSolidusHandling="decode" encodedReverseSolidusHandling="decode"/>
<Engine name="Catalina" defaultHost="localhost"><Host name="localhost" appBase="webapps" autoDeploy="false">
<Context path="" docBase="${pages}"/></Host></Engine></Service></Server>`,
  );
  const classPath = ["bootstrap.jar", "tomcat-juli.jar"].map((jar) => join(TOMCAT, "bin", jar)).join(":");
  const properties = [`-Dcatalina.home=${TOMCAT}`, `-Dcatalina.base=${folder}`, `-Djava.io.tmpdir=${folder}/temp`];
  const command = [
    "java",
    "-Xmx128m",
    "-cp",
    classPath,
    ...properties,
    "org.apache.catalina.startup.Bootstrap",
    "start",
  ];
  const { kill } = await startServer(command, port, { needs: "tomcat10-common" });
  return { name: "Tomcat", port, stop: kill };
}
