/** The counts of a function. */
export interface Counted {
  /** Its own instructions. */
  self: number;
  calls: number;
  /** The instructions of its calls with all that they called in turn, by the name of the caller. */
  readonly under: Map<string, number>;
}

/** The counts of each function, by its name. */
export type Functions = ReadonlyMap<string, Counted>;

const NAMED = /^(c?)fn=\((\d+)\)(?: (.*))?$/;
const COSTS = /^[\d+*-]\S* (\d+)$/;
/** The depth of a recursion, which callgrind writes behind a name. */
const DEPTH = /'\d+$/;

/**
 * Reads files of callgrind's (version 1, with one event and one position), and adds them up.
 *
 * A function has a name where its number comes first, and its number alone later. The costs of a call stand in the line
 * after `calls=`; all other lines of costs are the function's own.
 *
 * @throws Error when a text is no such file, or counts other events than instructions.
 */
export function functionsIn(...texts: readonly string[]): Functions {
  const functions = new Map<string, Counted>();
  for (const text of texts) addTo(functions, text);
  return functions;
}

function addTo(functions: Map<string, Counted>, text: string): void {
  if (!/^positions: line\nevents: Ir$/m.test(text))
    throw new Error("not a file of callgrind's that counts instructions");
  const names = new Map<string, string>();
  const nameOf = (number: string, name: string | undefined): string => {
    if (name !== undefined) names.set(number, name.replace(DEPTH, ""));
    return names.get(number) ?? "";
  };
  let current = "";
  let callee = "";
  let calls = 0;
  for (const line of text.split("\n")) {
    const [, isCallee, number, name] = NAMED.exec(line) ?? [];
    if (number !== undefined) {
      if (isCallee) callee = nameOf(number, name);
      else current = nameOf(number, name);
    } else if (line.startsWith("calls=")) {
      calls = Number.parseInt(line.slice("calls=".length), 10);
    } else {
      const [, cost] = COSTS.exec(line) ?? [];
      if (cost === undefined) continue;
      if (calls === 0) {
        of(functions, current).self += Number(cost);
        continue;
      }
      const { under } = of(functions, callee);
      of(functions, callee).calls += calls;
      under.set(current, (under.get(current) ?? 0) + Number(cost));
      calls = 0;
    }
  }
}

function of(functions: Map<string, Counted>, name: string): Counted {
  const counted = functions.get(name) ?? { self: 0, calls: 0, under: new Map() };
  functions.set(name, counted);
  return counted;
}
