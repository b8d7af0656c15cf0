import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, delimiter, join } from "node:path";
import { promisify } from "node:util";

/** The libraries and applications of sdk/java, built apart from the tree. */
export interface JavaBuild {
  /** The class path of an application: the name of its folder below sdk/java. */
  classPath(application: string): string;
  /** The folder with the classes of an application, and with its libraries in `lib`. */
  folderOf(application: string): string;
  /** The jars of the servlet filter for the jakarta API, which has no other dependency. */
  readonly filterJars: readonly string[];
  /** The version of a product, as the pom of sdk/java names it: `spring-boot`, `tomcat`. */
  version(product: string): string;
  remove(): Promise<void>;
}

/**
 * Runs Maven, with the unit tests of the libraries.
 *
 * @param library builds this library and the libraries that it needs, without their tests. Default: builds and tests everything.
 * @param source the folder of the library, if it is elsewhere.
 */
export async function buildJava(library?: string, source?: string): Promise<JavaBuild> {
  const root = await mkdtemp(join(tmpdir(), "moor-java-"));
  const folder = join(root, "java");
  await cp("sdk/provider-logins.json", join(root, "provider-logins.json"));
  await cp("sdk/java", folder, { recursive: true, filter: (path) => basename(path) !== "target" });
  if (library !== undefined && source !== undefined) {
    await cp(source, join(folder, library), { recursive: true });
    const pom = join(folder, "pom.xml");
    const text = await readFile(pom, "utf8");
    await writeFile(pom, text.replace("<modules>", `<modules><module>${library}</module>`));
  }
  const part = library === undefined ? [] : ["--projects", library, "--also-make", "-DskipTests"];
  const maven = ["--quiet", "--batch-mode", "--no-transfer-progress", ...part, "package"];
  const parent = await readFile(join(folder, "pom.xml"), "utf8");
  await promisify(execFile)("mvn", maven, { cwd: folder, maxBuffer: 1e7 }).catch(({ stdout, stderr }) => {
    throw new Error(`the build of sdk/java fails:\n${stdout}${stderr}`);
  });
  const folderOf = (application: string) => join(folder, application, "target");
  return {
    folderOf,
    classPath(application) {
      const target = folderOf(application);
      return [join(target, "classes"), join(target, "lib", "*")].join(delimiter);
    },
    filterJars: ["core", "servlet"].map((part) => join(folder, part, "target", `moor-session-${part}-0.1.0.jar`)),
    version(product) {
      const version = new RegExp(`<${product}\\.version>(.*)<`).exec(parent)?.[1];
      if (version === undefined) throw new Error(`sdk/java/pom.xml has no version of ${product}`);
      return version;
    },
    remove: () => rm(root, { recursive: true, force: true }),
  };
}
