import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import express from "express";
import session from "express-session";
import { startLocalOrigin } from "./local-origin.ts";
import { freePort } from "./ports.ts";
import { startServer } from "./started.ts";

/**
 * A server whose application keeps sessions to itself. It counts each session's requests and answers
 * `{"server","count","cookies","handoff"}`: its name, the count, the `Cookie` header as it came, and whether a handoff came.
 */
export interface Application {
  readonly name: string;
  readonly url: string;
  stop(): Promise<void>;
}

/** Debian: tomcat10-examples. */
const EXAMPLES = "/usr/share/tomcat10-examples/examples";

/** Starts one of them. */
export type StartApplication = (name: string) => Promise<Application>;

declare module "express-session" {
  interface SessionData {
    count: number;
  }
}

/** Node: express-session in memory, `connect.sid`. */
export const startExpress: StartApplication = async (name) => {
  const app = express();
  app.set("trust proxy", true);
  const cookie = { path: "/", maxAge: 3_600_000, sameSite: "lax" as const, secure: true };
  app.use(session({ secret: "well known", resave: false, saveUninitialized: false, cookie }));
  app.get("/", (request, response) => {
    request.session.count = (request.session.count ?? 0) + 1;
    const { count } = request.session;
    const { cookie = "", "moor-session": handoff } = request.headers;
    response.json({ server: name, count, cookies: cookie, handoff: handoff !== undefined });
  });
  const origin = await startLocalOrigin(name);
  origin.answers(app);
  return origin;
};

/** PHP's own server: sessions in files of a folder of its own, `PHPSESSID`. */
export const startPhp: StartApplication = async (name) => {
  const [folder, port] = [await mkdtemp(join(tmpdir(), "moor-php-")), await freePort()];
  await writeFile(
    join(folder, "index.php"),
    `<?php session_start(); $_SESSION['count'] = ($_SESSION['count'] ?? 0) + 1;
echo json_encode(['server' => '${name}', 'count' => $_SESSION['count'], 'cookies' => $_SERVER['HTTP_COOKIE'] ?? '',
  'handoff' => isset($_SERVER['HTTP_MOOR_SESSION'])]);`,
  );
  const command = ["php", "-d", `session.save_path=${folder}`, "-S", `127.0.0.1:${port}`, "-t", folder];
  return inFolder(name, folder, port, await startServer(command, port, { needs: "php-cli" }));
};

/** Tomcat: sessions in memory, `JSESSIONID`; its name is the jvmRoute. Below `/examples` it has Debian's examples, if they are installed. */
export const startTomcat: StartApplication = async (name) => {
  const [folder, port] = [await mkdtemp(join(tmpdir(), "moor-tomcat-")), await freePort()];
  const home = "/usr/share/tomcat10";
  for (const part of ["conf", "webapps/ROOT/WEB-INF", "temp", "logs", "work"])
    await mkdir(join(folder, part), { recursive: true });
  await writeFile(
    join(folder, "conf/catalina.properties"),
    `common.loader="${home}/lib/*.jar","/usr/share/java/eclipse-jdt-core.jar"\n`,
  );
  await writeFile(
    join(folder, "conf/server.xml"),
    `<Server port="-1"><Service name="Catalina"><Connector port="${port}" address="127.0.0.1"/>
<Engine name="Catalina" defaultHost="localhost" jvmRoute="${name}"><Host name="localhost" appBase="webapps" autoDeploy="false">
${existsSync(EXAMPLES) ? `<Context path="/examples" docBase="${EXAMPLES}"/>` : ""}</Host></Engine>
</Service></Server>`,
  );
  await writeFile(
    join(folder, "webapps/ROOT/index.jsp"),
    `<%@ page contentType="application/json" %><%
Object before = session.getAttribute("count");
int count = before == null ? 1 : (Integer) before + 1;
session.setAttribute("count", count);
String cookies = request.getHeader("Cookie") == null ? "" : request.getHeader("Cookie");
%>{"server":"${name}","count":<%= count %>,"cookies":"<%= cookies %>","handoff":<%= request.getHeader("Moor-Session") != null %>}`,
  );
  const servlet = (inside: string) => `<servlet>${inside}</servlet>`;
  await writeFile(
    join(folder, "webapps/ROOT/WEB-INF/web.xml"),
    `<web-app>
${servlet("<servlet-name>jsp</servlet-name><servlet-class>org.apache.jasper.servlet.JspServlet</servlet-class>")}
${servlet("<servlet-name>app</servlet-name><jsp-file>/index.jsp</jsp-file>")}
<servlet-mapping><servlet-name>app</servlet-name><url-pattern>/</url-pattern></servlet-mapping>
</web-app>`,
  );
  const jars = ["bootstrap.jar", "tomcat-juli.jar"].map((jar) => join(home, "bin", jar)).join(":");
  const properties = [`-Dcatalina.home=${home}`, `-Dcatalina.base=${folder}`, `-Djava.io.tmpdir=${folder}/temp`];
  const command = ["java", "-Xmx128m", "-cp", jars, ...properties, "org.apache.catalina.startup.Bootstrap", "start"];
  return inFolder(name, folder, port, await startServer(command, port, { needs: "tomcat10-common" }));
};

function inFolder(name: string, folder: string, port: number, server: { kill(): Promise<void> }): Application {
  return {
    name,
    url: `http://127.0.0.1:${port}`,
    async stop() {
      await server.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
