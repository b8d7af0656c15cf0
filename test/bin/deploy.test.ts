import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createProject, type Project } from "./project.ts";

/** A project that can be deployed. */
async function deployableProject(): Promise<Project> {
  const project = await createProject();
  await project.write("moor.config.ts", deployable);
  const wranglerConfig = await readFile(join(project.folder, "wrangler.toml"), "utf8");
  await project.write("wrangler.toml", wranglerConfig.replace("https://moor.example", "https://shop.example.com"));
  return project;
}

const deployable = `export default { pools: [{ id: "shop", origins: [{ id: "a", url: "https://a.example.com" }] }] };`;

/** A text each that only the code of a part contains. */
const PARTS = {
  nginx: String(0xedb88320),
  links: "[referrerpolicy]",
  operators: "bad_principal",
  readers: "Fe26",
  "reader in Postgres": "octet_length",
};
/** A text that only the checks of a configuration contain. */
const OF_CHECKS = "a list of at least one origin";
const partsIn = (worker: string) =>
  Object.entries(PARTS).flatMap(([part, text]) => (worker.includes(text) ? [part] : []));

describe("moor deploy", () => {
  it("hands its flags to the real wrangler deploy, and leaves out all code that a configuration of pools does not use", async () => {
    const project = await deployableProject();
    const { code, stdout } = await project.run("deploy", "--dry-run", "--outdir", "built");
    expect(code).toBe(0);
    expect(stdout).toContain("--dry-run: exiting now.");
    expect(stdout).toMatch(/env\.SESSION_OBJECT \(SessionObject\)/);
    expect(stdout).toMatch(/env\.PRINCIPAL_OBJECT \(PrincipalObject\)/);
    expect(stdout).toMatch(/env\.POOL_OBJECT \(PoolObject\)/);
    expect(stdout).toMatch(/env\.SESSION_REPLICAS +KV Namespace/);
    const worker = await readFile(join(project.folder, "built", "worker.js"), "utf8");
    expect(worker).toContain("https://a.example.com");
    expect(partsIn(worker)).toEqual([]);
    expect(stdout).toMatch(/^the configuration is checked, so the Worker takes no other .*MOOR_CHECKED:\d+\)$/m);
    expect(worker).not.toContain(OF_CHECKS);
  });

  it("builds a Worker that checks its configuration, if wrangler.toml says so or has another configuration", async () => {
    for (const settings of ['[define]\nMOOR_CHECKED = "undefined"\n', "[vars]\nMOOR_CONFIG = '{}'\n"]) {
      const project = await deployableProject();
      const toml = await readFile(join(project.folder, "wrangler.toml"), "utf8");
      const [section = ""] = settings.split("\n", 1);
      await project.write(
        "wrangler.toml",
        toml.includes(`\n${section}\n`) ? toml.replace(`\n${section}\n`, `\n${settings}`) : `${toml}\n${settings}`,
      );
      const { code, stdout } = await project.run("deploy", "--dry-run", "--outdir", "built");
      expect(code).toBe(0);
      expect(stdout).not.toContain("the configuration is checked");
      expect(await readFile(join(project.folder, "built", "worker.js"), "utf8")).toContain(OF_CHECKS);
    }
  });

  it("refuses origins that a deployed Worker cannot reach, before wrangler runs", async () => {
    const project = await createProject();
    await project.write("moor.config.ts", deployable.replace("https://a.example.com", "http://127.0.0.1:9001"));
    expect(await project.run("deploy", "--dry-run", "--outdir", "built")).toMatchObject({
      code: 2,
      stdout: "",
      stderr:
        'moor deploy: moor.config.ts: pools[0].origins[0].url: found "http://127.0.0.1:9001", accepted: in a deploy: a public host name, no IP address and no localhost\n',
    });
    await expect(access(join(project.folder, "built"))).rejects.toThrow("ENOENT");
  });

  it("refuses the issuer that wrangler.toml came with", async () => {
    const project = await createProject();
    await project.write("moor.config.ts", deployable);
    expect(await project.run("deploy", "--dry-run")).toMatchObject({
      code: 2,
      stdout: "",
      stderr:
        'moor deploy: wrangler.toml: vars.MOOR_ISSUER: found "https://moor.example", accepted: the address that clients use, as in https://shop.example.com\n',
    });
  });

  it("asks for the secrets of sessions that Moor reads by itself, and leaves out the library of a store that it does not read", async () => {
    const project = await deployableProject();
    const settings = 'cookies: ["sid"], store: { type: "connect-redis" }, until: "2090-01-01T00:00:00Z"';
    const adopt = `, adopt: [{ from: "express-session", ${settings} }] };`;
    await project.write("moor.config.ts", deployable.replace(" };", adopt));
    const secrets = ["ADOPT_KEY", "EXPRESS_KEYS", "OLD_REDIS_REST_URL", "OLD_REDIS_REST_TOKEN"].map(
      (name) => `MOOR_${name}`,
    );
    const refused = await project.run("deploy", "--dry-run", "--outdir", "built");
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(Array.from(refused.stderr.matchAll(/required lacks "(\w+)"/g), ([, name]) => name)).toEqual(secrets);
    const wranglerConfig = await readFile(join(project.folder, "wrangler.toml"), "utf8");
    await project.write(
      "wrangler.toml",
      wranglerConfig.replace("required = [", `required = ${JSON.stringify(secrets).slice(0, -1)}, `),
    );
    expect(await project.run("deploy", "--dry-run", "--outdir", "built")).toMatchObject({ code: 0 });
    expect(partsIn(await readFile(join(project.folder, "built", "worker.js"), "utf8"))).toEqual(["readers"]);
  });

  it("refuses admin without the secret that guards it, until wrangler.toml requires that", async () => {
    const project = await deployableProject();
    await project.write("moor.config.ts", deployable.replace(" };", ", admin: {} };"));
    const flags = ["--dry-run", "--outdir", "built"];
    const refused = await project.run("deploy", ...flags);
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toContain('admin: found a wrangler.toml whose [secrets] required lacks "MOOR_ADMIN_TOKEN"');
    const settings = await readFile(join(project.folder, "wrangler.toml"), "utf8");
    await project.write("wrangler.toml", settings.replace('required = ["', 'required = ["MOOR_ADMIN_TOKEN", "'));
    expect(await project.run("deploy", ...flags)).toMatchObject({ code: 0 });
  });

  describe("includes in the Worker", () => {
    const flags = ["--dry-run", "--outdir", "built"];
    async function deployed(project: Project, ...more: string[]): Promise<string[]> {
      const { code, stderr } = await project.run("deploy", ...flags, ...more);
      expect(code, stderr).toBe(0);
      return partsIn(await readFile(join(project.folder, "built", "worker.js"), "utf8"));
    }
    const hasOperators = async (...deploy: Parameters<typeof deployed>) =>
      (await deployed(...deploy)).includes("operators");
    const healthCheck = deployable.replace("origins:", 'healthCheck: { path: "/health" }, origins:');
    const define = (value: string) => async (project: Project) => {
      const settings = await readFile(join(project.folder, "wrangler.toml"), "utf8");
      await project.write("wrangler.toml", `${settings}\n[define]\nMOOR_OPERATORS = "${value}"\n`);
    };

    it.each([
      ["nginx", deployable.replace("origins:", 'affinity: { algorithm: "nginx-ip-hash" }, origins:')],
      ["links", deployable.replace("pools:", 'carriers: [{ type: "cookie" }, { type: "url" }], pools:')],
      ["operators", healthCheck],
    ])("the code for %s alone, if the configuration uses it alone", async (part, config) => {
      const project = await deployableProject();
      await project.write("moor.config.ts", config);
      expect(await deployed(project)).toEqual([part]);
    });

    it("no question whether a part is there that the configuration uses", async () => {
      const project = await deployableProject();
      await project.write("moor.config.ts", healthCheck);
      expect(await hasOperators(project)).toBe(true);
      expect(await readFile(join(project.folder, "built", "worker.js"), "utf8")).not.toContain("typeof MOOR_OPERATORS");
    });

    it("the code for operators, if wrangler.toml or a flag says so", async () => {
      const project = await deployableProject();
      expect(await hasOperators(project, "--define", "MOOR_OPERATORS:true")).toBe(true);
      await define("true")(project);
      expect(await hasOperators(project)).toBe(true);
    });

    it("all code, if another configuration is in MOOR_CONFIG", async () => {
      const project = await deployableProject();
      expect(await deployed(project, "--var", "MOOR_CONFIG:{}")).toEqual(Object.keys(PARTS));
      const settings = await readFile(join(project.folder, "wrangler.toml"), "utf8");
      await project.write("wrangler.toml", settings.replace("[vars]", "[vars]\nMOOR_CONFIG = '{}'"));
      expect(await deployed(project)).toEqual(Object.keys(PARTS));
    });

    it("no part that wrangler.toml leaves out: a configuration that uses it is refused", async () => {
      const project = await deployableProject();
      await project.write("moor.config.ts", healthCheck);
      await define("false")(project);
      const refused = await project.run("deploy", ...flags);
      expect(refused).toMatchObject({ code: 2, stdout: "" });
      expect(refused.stderr).toContain(
        'pools[0].healthCheck: found a wrangler.toml whose [define] has MOOR_OPERATORS = "false", accepted: in a deploy: one without that line',
      );
    });
  });

  it("passes the exit code of wrangler on", async () => {
    const project = await deployableProject();
    const { code, stderr } = await project.run("deploy", "--bogus");
    expect(code).toBe(1);
    expect(stderr).toContain("Unknown argument");
  });
});
