import { parseArgs } from "node:util";

/** The parts that can be measured. */
export const PARTS = [
  "cost",
  "path",
  "handoff",
  "size",
  "affinity",
  "instructions",
  "growth",
  "cpu",
  "http",
  "profile",
  "memory",
  "garbage",
  "rivals",
  "distance",
  "drop-ins",
] as const;

/** Measured when it is to be quick. */
const QUICK: readonly Part[] = ["cost", "path", "handoff", "size", "affinity", "http"];

/** A part of {@link PARTS}. */
export type Part = (typeof PARTS)[number];

/** The work that the command is asked to do. */
export type Options =
  | { readonly kind: "help" }
  | { readonly kind: "mistake"; readonly message: string }
  | { readonly kind: "guard"; readonly of: "instructions" | "http" }
  | {
      readonly kind: "run";
      readonly parts: readonly Part[];
      readonly quick: boolean;
      readonly json: boolean;
      /** Whether the results replace the results that docs/explanation/performance.md shows. */
      readonly save: boolean;
      /** A built Worker whose profile is shown for comparison. */
      readonly before: string | undefined;
    };

/** How the command is used. */
export const USAGE = `Measures Moor beside what it is compared with, on this machine.

npm run bench -- [options] [part...]

  --quick   in less than two minutes, without instructions, growth, cpu, profile, memory, garbage,
            rivals, distance and drop-ins unless they are named
  --json    prints, as the last line, one JSON object with everything
  --guard   counts instructions; ends with 1 if a ratio is not within 2 % of the committed ratio, also when it is counted once
            more. With the part http: measures the CPU of clean reads and anonymous visitors; ends with 1 if it is out of bounds
  --before FILE
            profiles this built Worker as well: wrangler deploy --dry-run --minify=false --outdir FOLDER makes one
  --save    keeps the results in bench/results, and shows them in docs/explanation/performance.md

Parts, default all: ${PARTS.join(", ")}
`;

/** Reads the command's arguments. */
export function readOptions(args: readonly string[]): Options {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(args);
  } catch (fault) {
    return { kind: "mistake", message: (fault as Error).message };
  }
  const { quick = false, json = false, save = false, help, before } = parsed.values;
  if (help) return { kind: "help" };
  const unknown = parsed.positionals.find((name) => !(PARTS as readonly string[]).includes(name));
  if (unknown !== undefined) return { kind: "mistake", message: `${unknown}: parts are ${PARTS.join(", ")}` };
  const asked = parsed.positionals as Part[];
  if (parsed.values.guard) return guardOf(asked);
  const parts = asked.length > 0 ? asked : PARTS.filter((part) => !quick || QUICK.includes(part));
  if (before !== undefined && !parts.includes("profile")) {
    return { kind: "mistake", message: `--before: profile is not among the parts: ${parts.join(", ")}` };
  }
  return { kind: "run", parts, quick, json, save, before };
}

function guardOf([part = "instructions", ...more]: readonly Part[]): Options {
  if (more.length === 0 && (part === "instructions" || part === "http")) return { kind: "guard", of: part };
  return { kind: "mistake", message: "--guard: takes one part, instructions or http" };
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      quick: { type: "boolean" },
      json: { type: "boolean" },
      save: { type: "boolean" },
      guard: { type: "boolean" },
      before: { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
}
