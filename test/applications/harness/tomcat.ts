import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buildJava } from "../../sdk/java-build.ts";
import type { Prepared } from "./application.ts";
import { versionOf } from "./debian.ts";
import { snippetOf } from "./guide.ts";

const HOME = "/usr/share/tomcat10";
const EXAMPLES = "/usr/share/tomcat10-examples/examples";

/** Tomcat's own web.xml for all applications, with the filter of the guide. */
const webXml = () => `<web-app>
<servlet><servlet-name>default</servlet-name><servlet-class>org.apache.catalina.servlets.DefaultServlet</servlet-class></servlet>
<servlet-mapping><servlet-name>default</servlet-name><url-pattern>/</url-pattern></servlet-mapping>
<servlet><servlet-name>jsp</servlet-name><servlet-class>org.apache.jasper.servlet.JspServlet</servlet-class></servlet>
<servlet-mapping><servlet-name>jsp</servlet-name><url-pattern>*.jsp</url-pattern></servlet-mapping>
${snippetOf("tomcat", "conf/web.xml")}
</web-app>`;

const serverXml = (port: number, users: string) => `<Server port="-1"><Service name="Catalina">
<Connector port="${port}" address="127.0.0.1"/>
<Engine name="Catalina" defaultHost="localhost">
<Realm className="org.apache.catalina.realm.MemoryRealm" pathname="${users}"/>
<Host name="localhost" appBase="webapps" autoDeploy="false">
${snippetOf("tomcat", "conf/server.xml")}
<Context path="/examples" docBase="${EXAMPLES}"/></Host></Engine></Service></Server>`;

const USERS = '<tomcat-users><user username="alice" password="secret" roles="tomcat"/></tomcat-users>';

/** A Tomcat of Debian with its application of examples, the lines of the guide, and a user. The examples stay as Debian ships them. */
export async function prepareTomcat(out: string): Promise<Prepared> {
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

/** Makes the folder of a server. */
async function configure(folder: string, port: number, filterJars: readonly string[]): Promise<void> {
  for (const part of ["conf", "webapps/ROOT", "temp", "work"]) await mkdir(join(folder, part), { recursive: true });
  const jars = [`${HOME}/lib/*.jar`, "/usr/share/java/eclipse-jdt-core.jar", ...filterJars];
  const loader = `common.loader=${jars.map((jar) => `"${jar}"`).join(",")}\n`;
  await writeFile(join(folder, "conf/catalina.properties"), loader);
  await writeFile(join(folder, "conf/web.xml"), webXml());
  await writeFile(join(folder, "conf/users.xml"), USERS);
  await writeFile(join(folder, "conf/server.xml"), serverXml(port, join(folder, "conf/users.xml")));
  await writeFile(join(folder, "webapps/ROOT/health"), "");
}
