import { execFile } from "node:child_process";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, delimiter, join } from "node:path";
import { promisify } from "node:util";

/** The libraries and applications of sdk/java, built apart from the tree. */
export interface JavaBuild {
  /** The class path of a conformance application: `tomcat`, `tomcat9` or `spring`. */
  classPath(application: string): string;
  /** The jars of the servlet filter for the jakarta API, which has no other dependency. */
  readonly filterJars: readonly string[];
  remove(): Promise<void>;
}

/**
 * Runs Maven, with the unit tests of the libraries.
 *
 * @param library builds this library and the libraries that it needs, without their tests. Default: builds and tests everything.
 */
export async function buildJava(library?: string): Promise<JavaBuild> {
  const folder = await mkdtemp(join(tmpdir(), "moor-java-"));
  await cp("sdk/java", folder, { recursive: true, filter: (path) => basename(path) !== "target" });
  const part = library === undefined ? [] : ["--projects", library, "--also-make", "-DskipTests"];
  const maven = ["--quiet", "--batch-mode", "--no-transfer-progress", ...part, "package"];
  await promisify(execFile)("mvn", maven, { cwd: folder, maxBuffer: 1e7 }).catch(({ stdout, stderr }) => {
    throw new Error(`the build of sdk/java fails:\n${stdout}${stderr}`);
  });
  return {
    classPath(application) {
      const target = join(folder, "conformance", application, "target");
      return [join(target, "classes"), join(target, "lib", "*")].join(delimiter);
    },
    filterJars: ["core", "servlet"].map((part) => join(folder, part, "target", `moor-session-${part}-0.1.0.jar`)),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
