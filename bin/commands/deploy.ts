import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { constants } from "node:os";
import { join } from "node:path";
import { isPublicOrigin } from "../../src/settings/grammar.ts";
import { describe } from "../../src/settings/mistakes.ts";
import { type Command, CommandError } from "../command.ts";
import { readConfigFile, requireValid } from "../config-file.ts";
import { asChecked, including, leavingOut, PART_NAMES } from "../left-out.ts";
import { inProject } from "../project.ts";
import { quietWrangler, readSettings } from "../wrangler.ts";

/** `moor deploy`: validates the configuration for a deploy, then runs `wrangler deploy`. */
export const deploy: Command = {
  summary: "validates the configuration and deploys the Worker",
  usage: `moor deploy [FLAGS OF wrangler deploy]

Validates moor.config.ts as "moor check --deploy" does and that wrangler.toml names the site (MOOR_ISSUER), then runs
"wrangler deploy" with the flags that are given (--dry-run, --outdir FOLDER, …) and passes its exit code on. It leaves out of
the Worker the parts that the configuration does not use, and the checks of the configuration: the Worker takes this
configuration alone. The secrets must be set before: moor keys new.`,

  async run(args) {
    const read = await readConfigFile(undefined, { deploy: true });
    const config = requireValid(read);
    await requireIssuer();
    const leaves = await leavingOut(config, args);
    if (leaves.length > 0) console.log(leftOutLine(leaves));
    const checked = read.kind === "ok" ? await asChecked(read.fingerprint, args) : [];
    if (checked.length > 0) console.log(checkedLine(checked));
    return runWrangler(["deploy", ...leaves, ...(await including(config, args)), ...checked, ...args]);
  },
};

/** The line that says which parts of the Worker the deploy leaves out. */
function leftOutLine(flags: readonly string[]): string {
  const parts = Object.entries(PART_NAMES).filter(([part]) => flags.includes(`${part}:false`));
  const names = parts.map(([, name]) => name).join("; ");
  return `the configuration does not use, so the Worker leaves out: ${names} (${flags.join(" ")})`;
}

/** The line that says that the Worker takes the checked configuration alone. */
function checkedLine(flags: readonly string[]): string {
  return `the configuration is checked, so the Worker takes no other and leaves out the checks (${flags.join(" ")})`;
}

/** Origins check the handoff's issuer, so a deploy must not go out under the name that the file came with. */
async function requireIssuer(): Promise<void> {
  const { vars } = await readSettings();
  const issuer = vars.MOOR_ISSUER;
  const isAddress = typeof issuer === "string" && /^https:\/\/[^/?#@]+$/.test(issuer) && isPublicOrigin(issuer);
  if (isAddress && !issuer.endsWith(".example")) return;
  const accepted = "the address that clients use, as in https://shop.example.com";
  throw new CommandError("config", `wrangler.toml: vars.MOOR_ISSUER: found ${describe(issuer)}, accepted: ${accepted}`);
}

async function runWrangler(args: readonly string[]): Promise<number> {
  quietWrangler();
  const entry = join(createRequire(import.meta.url).resolve("wrangler/package.json"), "../bin/wrangler.js");
  const child = spawn(process.execPath, [entry, ...args], { cwd: inProject(), stdio: "inherit" });
  const passOn = (signal: NodeJS.Signals) => child.kill(signal);
  process.on("SIGTERM", passOn).on("SIGINT", passOn);
  try {
    const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
    return code ?? 128 + (signal ? constants.signals[signal] : 0);
  } finally {
    process.off("SIGTERM", passOn).off("SIGINT", passOn);
  }
}
