/** @needs maven */
import { afterAll } from "vitest";
import { describeDropIn } from "./conformance.suite.ts";
import { buildJava, type JavaBuild } from "./java-build.ts";

let building: Promise<JavaBuild> | undefined;
let built: JavaBuild;
afterAll(() => built?.remove());

/** All applications come from one build. */
async function build(): Promise<void> {
  building ??= buildJava();
  built = await building;
}

const nulls = { "null-value": "setAttribute with null removes the attribute" };
const flashes = "Spring MVC looks for flash attributes in the session of each request";

for (const { name, application, without } of [
  { name: "Java, servlets on Tomcat 10", application: "tomcat", without: nulls },
  { name: "Java, servlets on Tomcat 9", application: "tomcat9", without: nulls },
  { name: "Java, servlets on Jetty 12", application: "jetty12", without: nulls },
  { name: "Java, servlets on Jetty 11", application: "jetty11", without: nulls },
  { name: "Java, servlets on Jetty 10", application: "jetty10", without: nulls },
  { name: "Java, Spring Session", application: "spring", without: { ...nulls, "keys-unavailable": flashes } },
]) {
  describeDropIn({
    name,
    build,
    command: () => ({
      argv: ["java", "-Xmx192m", "-cp", built.classPath(`conformance/${application}`), "moor.session.conformance.Main"],
    }),
    without,
  });
}
