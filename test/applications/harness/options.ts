import { parseArgs } from "node:util";

/** The work that the command is asked to do. */
export type Options =
  | { readonly kind: "help" }
  | { readonly kind: "mistake"; readonly message: string }
  | { readonly kind: "run"; readonly only: readonly string[]; readonly save: boolean; readonly json: boolean };

/** How the command is used. */
export const USAGE = `Plays a visitor against real applications, on two servers each behind a real Moor.

npm run applications -- [options]

  --only NAME  plays this application alone; may be repeated. Default: all applications whose programs are on this machine
  --save       puts the results into docs/reference/applications.json, and writes docs/reference/applications.md
  --json       prints the results as JSON. Default: a table

Ends with 1 if an application is broken, and with 2 if an argument is wrong.
`;

/** Reads the command's arguments. `known` has the names of all applications. */
export function readOptions(args: readonly string[], known: readonly string[]): Options {
  const options = {
    only: { type: "string", multiple: true, default: [] as string[] },
    save: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  } as const;
  try {
    const { help, only, save, json } = parseArgs({ args: [...args], options }).values;
    if (help) return { kind: "help" };
    const unknown = only.find((name) => !known.includes(name));
    if (unknown === undefined) return { kind: "run", only, save, json };
    return { kind: "mistake", message: `--only: found "${unknown}", accepted: ${known.join(", ")}` };
  } catch (fault) {
    return {
      kind: "mistake",
      message: `${(fault as Error).message}\nnpm run applications -- --help lists the options.`,
    };
  }
}
