import { access, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { AuthorityConfig, MoorConfig } from "../../src/config/types.ts";
import { describe } from "../../src/settings/mistakes.ts";
import { type Command, CommandError } from "../command.ts";
import { readFlags } from "../flags.ts";
import { configFor } from "../fronted.ts";
import { printConfig } from "../import/print.ts";
import { inPackage } from "../project.ts";
import { setupFor, storesWith } from "../stores/registry.ts";
import type { StoreSetup } from "../stores/store-setup.ts";

const PLACEHOLDER = "https://moor.example";
const SETS_UP = { can: () => true, work: "set up", others: ["object"] };
const STORES = [...SETS_UP.others, ...storesWith(SETS_UP.can)];
const SECRETS = ["MOOR_TOKEN_KEYS", "MOOR_HANDOFF_KEYS", "MOOR_STORE_KEYS"];

/** `moor init`: writes the files that a project needs after it has installed Moor. */
export const init: Command = {
  summary: "writes moor.config.ts, worker.ts and wrangler.toml into this folder",
  usage: `moor init [--origin URL]... [--issuer URL] [--store STORE]

Writes moor.config.ts, worker.ts and wrangler.toml into this folder, for a project that has Moor installed, and prints the
commands that come next. A file that exists is never overwritten: then nothing is written.

  --origin URL    a server, may be repeated. Default: one to be replaced
  --issuer URL    the address that clients will use. Default: ${PLACEHOLDER}, which a deploy refuses
  --store STORE   where sessions are: ${STORES.join(", ")}. Default: object, Durable Objects. Also writes the schema of a
                  database. In a folder that has a moor.config.ts, writes the schema alone`,

  async run(args) {
    const flags = readFlags(args, {
      origin: { type: "string", multiple: true },
      issuer: { type: "string" },
      store: { type: "string" },
    });
    const { issuer = PLACEHOLDER } = flags;
    const store =
      flags.store === undefined || flags.store === "object" ? undefined : setupFor("--store", flags.store, SETS_UP);
    const setup = store?.setup;
    const given = [flags.origin, flags.issuer].some((flag) => flag !== undefined);
    if (setup && !given && Object.keys(setup.files).length > 0 && (await exists("moor.config.ts"))) {
      await writeAll(setup.files);
      console.log(nextSteps(Object.keys(setup.files), setup));
      return 0;
    }
    if (!/^https:\/\/[^/?#@\s"]+$/.test(issuer)) {
      const accepted = "https:// and a host, as in https://shop.example.com";
      throw new CommandError("usage", `--issuer: found ${describe(issuer)}, accepted: ${accepted}`);
    }
    const { pools } = configFor(flags.origin ?? ["https://origin-a.example.com"]);
    const files = {
      "moor.config.ts": printConfig(
        {
          pools: pools.map((pool) => ({ ...pool, id: "site" })),
          ...(store && { stores: setup?.stores ?? { authority: { type: store.type } as AuthorityConfig } }),
        } satisfies MoorConfig,
        "moor/config",
      ),
      "worker.ts": await worker(),
      "wrangler.toml": (await settings(issuer)) + (setup?.settings ?? ""),
      ...setup?.files,
    };
    await writeAll(files);
    console.log(nextSteps(Object.keys(files), setup));
    return 0;
  },
};

/** This package's own Worker, for a project that has it installed. */
async function worker(): Promise<string> {
  const own = await readFile(inPackage("src/worker.ts"), "utf8");
  return own.replaceAll(/ from "\.\/[^"]+"/g, ' from "moor"').replace("../moor.config.ts", "./moor.config.ts");
}

/** This package's own settings, for a project that has it installed. */
async function settings(issuer: string): Promise<string> {
  const own = await readFile(inPackage("wrangler.toml"), "utf8");
  return own
    .replace('main = "src/worker.ts"', 'main = "worker.ts"')
    .replace("npm run moor --", "npx moor")
    .replace(/^MOOR_ISSUER = .*$/m, `MOOR_ISSUER = "${issuer}"`);
}

async function writeAll(files: Readonly<Record<string, string>>): Promise<void> {
  for (const name of Object.keys(files)) {
    if (await exists(name)) throw new CommandError("usage", `${name} exists already; nothing has been written`);
  }
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(name), { recursive: true });
    await writeFile(name, text, { flag: "wx" });
  }
}

function exists(name: string): Promise<boolean> {
  return access(name).then(
    () => true,
    () => false,
  );
}

function nextSteps(files: readonly string[], setup?: StoreSetup): string {
  const steps = setup?.steps.map(([command, purpose]) => `  ${command}\n      ${purpose}\n`) ?? [];
  if (!files.includes("moor.config.ts")) return `wrote ${files.join(", ")}\n\n${steps.join("")}`.trimEnd();
  return `wrote ${files.join(", ")}

${steps.join("")}${steps.length > 0 ? "\n" : ""}\
  npx moor check          lists what is wrong with moor.config.ts
  npx moor dev            runs Moor on this machine
  npx moor keys new       prints new secrets; each is set, once, by
${SECRETS.map((name) => `    npx wrangler secret put ${name}`).join("\n")}
  npx moor deploy         checks again, and deploys`;
}
