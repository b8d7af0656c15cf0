/** @needs maven tomcat10-common tomcat10-examples */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Client } from "../support/node/client.ts";
import { freePort } from "../support/node/ports.ts";
import { type Site, startSite } from "../support/node/site.ts";
import { type StartedServer, startServer } from "../support/node/started.ts";
import { TEST_ISSUER } from "../support/node/workerd.ts";
import { buildJava, type JavaBuild } from "./java-build.ts";

const HOME = "/usr/share/tomcat10";
const EXAMPLES = "/usr/share/tomcat10-examples/examples";
const PAGE = "/examples/servlets/servlet/SessionExample";

/** Tomcat's own web.xml for all applications, with the filter. The applications stay as Debian ships them. */
const WEB_XML = `<web-app>
<servlet><servlet-name>default</servlet-name><servlet-class>org.apache.catalina.servlets.DefaultServlet</servlet-class></servlet>
<servlet-mapping><servlet-name>default</servlet-name><url-pattern>/</url-pattern></servlet-mapping>
<servlet><servlet-name>jsp</servlet-name><servlet-class>org.apache.jasper.servlet.JspServlet</servlet-class></servlet>
<servlet-mapping><servlet-name>jsp</servlet-name><url-pattern>*.jsp</url-pattern></servlet-mapping>
<filter><filter-name>moor</filter-name><filter-class>moor.session.servlet.MoorFilter</filter-class>
<async-supported>true</async-supported></filter>
<filter-mapping><filter-name>moor</filter-name><url-pattern>/*</url-pattern>
<dispatcher>REQUEST</dispatcher><dispatcher>ASYNC</dispatcher><dispatcher>ERROR</dispatcher></filter-mapping>
</web-app>`;

interface Tomcat {
  readonly url: string;
  start(): Promise<void>;
  kill(): Promise<void>;
  remove(): Promise<void>;
}

/** A Tomcat of Debian, with its application of examples. */
async function createTomcat({ filterJars }: JavaBuild, settings: () => Record<string, string>): Promise<Tomcat> {
  const [folder, port] = [await mkdtemp(join(tmpdir(), "moor-tomcat-")), await freePort()];
  for (const part of ["conf", "webapps", "temp", "work"]) await mkdir(join(folder, part));
  const jars = [`${HOME}/lib/*.jar`, "/usr/share/java/eclipse-jdt-core.jar", ...filterJars];
  await writeFile(
    join(folder, "conf/catalina.properties"),
    `common.loader=${jars.map((jar) => `"${jar}"`).join(",")}\n`,
  );
  await writeFile(join(folder, "conf/web.xml"), WEB_XML);
  await writeFile(
    join(folder, "conf/server.xml"),
    `<Server port="-1"><Service name="Catalina"><Connector port="${port}" address="127.0.0.1"/>
<Engine name="Catalina" defaultHost="localhost"><Host name="localhost" appBase="webapps" autoDeploy="false">
<Context path="/examples" docBase="${EXAMPLES}"/></Host></Engine></Service></Server>`,
  );
  const classPath = ["bootstrap.jar", "tomcat-juli.jar"].map((jar) => join(HOME, "bin", jar)).join(":");
  const properties = [`-Dcatalina.home=${HOME}`, `-Dcatalina.base=${folder}`, `-Djava.io.tmpdir=${folder}/temp`];
  const main = ["org.apache.catalina.startup.Bootstrap", "start"];
  let server: StartedServer | undefined;
  return {
    url: `http://127.0.0.1:${port}`,
    async start() {
      const env = { ...process.env, ...settings() };
      const command = ["java", "-Xmx192m", "-cp", classPath, ...properties, ...main];
      server = await startServer(command, port, { needs: "tomcat10-common", env });
    },
    kill: async () => server?.kill(),
    async remove() {
      await server?.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const tomcats = new Map<string, Tomcat>();
let built: JavaBuild;
let site: Site;

beforeAll(async () => {
  built = await buildJava("servlet");
  const settings = () => {
    return { MOOR_ISSUER: TEST_ISSUER, MOOR_AUDIENCE: "app", MOOR_URL: `http://127.0.0.1:${site.moor.port}` };
  };
  for (const name of ["a", "b"]) tomcats.set(name, await createTomcat(built, settings));
  site = await startSite([], {
    pools: [
      {
        id: "app",
        origins: Array.from(tomcats, ([id, { url }]) => ({ id, url })),
        // A request with `to` goes to the server that its value chooses.
        hashPolicy: [{ type: "query", name: "to" }, { type: "session-id" }],
        session: { may: ["patch", "principal", "end"] },
      },
    ],
    routes: [{ path: "/*", pool: "app" }],
  });
  await Promise.all(Array.from(tomcats.values(), (tomcat) => tomcat.start()));
}, 240_000);

afterAll(async () => {
  await site?.stop();
  await Promise.all(Array.from(tomcats.values(), (tomcat) => tomcat.remove()));
  await built?.remove();
});

/** The attributes and the id that the page of SessionExample shows. */
async function visit(client: Client, query = ""): Promise<{ id: string; attributes: Record<string, string> }> {
  const { status, text } = await client.ask(PAGE + query);
  expect(status, text).toBe(200);
  const shown = text.matchAll(/^(\w+) = (.*)\r?\n<a href/gm);
  const attributes = Object.fromEntries(Array.from(shown, ([, name = "", value = ""]) => [name, value]));
  return { id: /Session ID: *(\S+)/.exec(text)?.[1] ?? "", attributes };
}

describe("SessionExample of Tomcat's examples, as Debian ships it", () => {
  it("shows, after its page was half written, the attributes that it has set", async () => {
    const client = site.client();
    await visit(client, "?dataname=fruit&datavalue=apples");
    const { id, attributes } = await visit(client, "?dataname=count&datavalue=2");
    expect(attributes).toEqual({ fruit: "apples", count: "2" });
    expect(await visit(client, "?dataname=fruit")).toEqual({ id, attributes: { count: "2" } });
    expect((await visit(site.client())).attributes).toEqual({});
  });

  it.each([
    ["a", "b"],
    ["b", "a"],
  ])("keeps a visitor's attributes when server %s is killed, and when it is back", async (server, other) => {
    const killed = tomcats.get(server)!;
    await tomcats.get(other)?.kill();
    const client = site.client();
    await visit(client, "?dataname=fruit&datavalue=apples");
    await tomcats.get(other)?.start();
    await killed.kill();
    const { attributes } = await visit(client, "?dataname=drink&datavalue=tea");
    expect(attributes).toEqual({ fruit: "apples", drink: "tea" });
    await killed.start();
    for (const to of [1, 2, 3, 4]) expect((await visit(client, `?to=${to}`)).attributes).toEqual(attributes);
  });
});
