/** @needs maven tomcat10-common tomcat10-examples */
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { buildJava } from "../sdk/java-build.ts";
import { describeApplication } from "./harness/application.suite.ts";
import type { Prepared } from "./harness/application.ts";
import type { Browser, Seen } from "./harness/browser.ts";
import { versionOf } from "./harness/debian.ts";

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

describeApplication({
  id: "tomcat-examples",
  name: "SessionExample of Tomcat",
  framework: "Servlets",
  lines: [
    "conf/web.xml: a filter of the class moor.session.servlet.MoorFilter",
    "conf/catalina.properties: its two jars",
  ],
  session: "Moor",
  page: PAGE,
  prepare,
  // The application has no login. An attribute with the visitor's name stands for it.
  logIn: async (browser) => void (await set(browser, "user", "alice")),
  knows: (page) => attributesOf(page).user === "alice",
  async openForm(browser) {
    const { user } = attributesOf(await browser.open(PAGE));
    return async (text) => {
      // SessionExample sets attributes when half of its page is written.
      const page = await set(browser, "words", text);
      expect(attributesOf(page)).toEqual({ user, words: text });
      return page;
    };
  },
  async logOut(browser) {
    expect(attributesOf(await set(browser, "user", ""))).not.toHaveProperty("user");
  },
});

/** Sets an attribute by the form of the page. An empty value removes it. */
async function set(browser: Browser, dataname: string, datavalue: string): Promise<Seen> {
  return browser.submit(PAGE, datavalue === "" ? { dataname } : { dataname, datavalue });
}

/** The attributes that the page shows. */
function attributesOf({ text }: Seen): Record<string, string> {
  const shown = text.matchAll(/^(\w+) = (.*)\r?\n<a href/gm);
  return Object.fromEntries(Array.from(shown, ([, name = "", value = ""]) => [name, value]));
}

async function prepare(out: string): Promise<Prepared> {
  const built = await buildJava("servlet");
  const classPath = ["bootstrap.jar", "tomcat-juli.jar"].map((jar) => join(HOME, "bin", jar)).join(":");
  return {
    version: await versionOf("tomcat10-common"),
    async command(port, name) {
      const folder = join(out, name);
      if (!existsSync(folder)) await configure(folder, port, built.filterJars);
      const properties = [`-Dcatalina.home=${HOME}`, `-Dcatalina.base=${folder}`, `-Djava.io.tmpdir=${folder}/temp`];
      const main = ["org.apache.catalina.startup.Bootstrap", "start"];
      return { argv: ["java", "-Xmx192m", "-cp", classPath, ...properties, ...main] };
    },
    stop: () => built.remove(),
  };
}

/** The folder of a Tomcat of Debian, with its application of examples. */
async function configure(folder: string, port: number, filterJars: readonly string[]): Promise<void> {
  for (const part of ["conf", "webapps/ROOT", "temp", "work"]) await mkdir(join(folder, part), { recursive: true });
  const jars = [`${HOME}/lib/*.jar`, "/usr/share/java/eclipse-jdt-core.jar", ...filterJars];
  await writeFile(
    join(folder, "conf/catalina.properties"),
    `common.loader=${jars.map((jar) => `"${jar}"`).join(",")}\n`,
  );
  await writeFile(join(folder, "conf/web.xml"), WEB_XML);
  await writeFile(join(folder, "webapps/ROOT/health"), "");
  await writeFile(
    join(folder, "conf/server.xml"),
    `<Server port="-1"><Service name="Catalina"><Connector port="${port}" address="127.0.0.1"/>
<Engine name="Catalina" defaultHost="localhost"><Host name="localhost" appBase="webapps" autoDeploy="false">
<Context path="/examples" docBase="${EXAMPLES}"/></Host></Engine></Service></Server>`,
  );
}
