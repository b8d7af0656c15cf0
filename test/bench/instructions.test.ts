/** @quick */
import { describe, expect, it, vi } from "vitest";
import { missingValgrind } from "../../bench/instructions/callgrind.ts";
import { instructionsOf } from "../../bench/instructions/categories.ts";
import { FIELD } from "../../bench/instructions/contestants.ts";
import { type Cost, costOf } from "../../bench/instructions/count.ts";
import { functionsIn } from "../../bench/instructions/functions.ts";
import { committedCosts, guard, judge } from "../../bench/instructions/guard.ts";
import { instructionsPlot } from "../../bench/instructions/plot.ts";
import { type Costs, RATIOS, ratiosOf } from "../../bench/instructions/ratios.ts";
import { instructionsTables } from "../../bench/instructions/tables.ts";
import { readOptions } from "../../bench/options.ts";

const HEAD = "version: 1\npositions: line\nevents: Ir\n";
/** `main` spends 15 itself, and calls `leaf` three times; `leaf` calls itself. */
const FILE = `${HEAD}
ob=(1) /bin/program
fl=(1) main.c
fn=(1) main
16 10
+4 5
cob=(2) /lib/leaf.so
cfi=(2) leaf.c
cfn=(2) leaf
calls=3 5
+2 70

fn=(2)
5 40
* 10
cfn=(3) leaf'2
calls=1 5
-1 20

fn=(3)
5 20
totals: 85
`;

describe("a file of callgrind's", () => {
  it("gives each function its own instructions, and the costs of its calls to the function that was called", () => {
    const functions = functionsIn(FILE);
    expect(functions.get("main")).toEqual({ self: 15, calls: 0, under: new Map() });
    expect(functions.get("leaf")).toEqual({
      self: 70,
      calls: 4,
      under: new Map([
        ["main", 70],
        ["leaf", 20],
      ]),
    });
  });

  it("loses no instruction: the functions' own instructions add up to its total", () => {
    const all = [...functionsIn(FILE).values()].reduce((sum, { self }) => sum + self, 0);
    expect(all).toBe(85);
  });

  it("is refused when it counts another event", () => {
    expect(() => functionsIn(FILE.replace("events: Ir", "events: Ir Dr"))).toThrow("counts instructions");
    expect(() => functionsIn("")).toThrow("counts instructions");
  });

  it("adds up with other files", () => {
    const sum = functionsIn(FILE, FILE);
    expect(sum.get("main")?.self).toBe(30);
    expect(sum.get("leaf")).toMatchObject({ self: 140, calls: 8 });
    expect(sum.get("leaf")?.under.get("main")).toBe(140);
  });
});

/** Functions that spend so many instructions; `under`: the instructions of their calls by each caller. */
const functions = (counts: Record<string, number>, under: Record<string, Record<string, number>> = {}) =>
  new Map(
    Object.entries(counts).map(([name, self]) => [
      name,
      { self, calls: 1, under: new Map(Object.entries(under[name] ?? {})) },
    ]),
  );

describe("core instructions", () => {
  it("leave out the allocator, the garbage collector, and V8's compilers", () => {
    const counts = {
      "workerd::api::Headers::get(workerd::jsg::Lock&, kj::String)": 1,
      Builtins_InterpreterEntryTrampoline: 2,
      "0x000000003f40a0c0": 4,
      "tcmalloc::tcmalloc_internal::FreeSmallSlow(void*, unsigned long)": 10,
      "operator new[](unsigned long)": 20,
      "kj::_::HeapArrayDisposer::disposeImpl(void*, unsigned long) const": 30,
      "v8::internal::ScavengeVisitor::VisitPointers(unsigned long)": 100,
      "v8::internal::MarkCompactCollector::EvacuateEpilogue()": 200,
      "v8::internal::compiler::PipelineImpl::OptimizeTurbofanGraph(v8::internal::compiler::Linkage*)": 1_000,
      "v8::internal::maglev::MaglevGraphBuilder::VisitSingleBytecode()": 2_000,
    };
    expect(instructionsOf(functions(counts))).toEqual({
      core: 7,
      malloc: 60,
      garbageCollection: 300,
      compilation: 3_000,
    });
  });

  it("leave out a destructor that the collector calls, by the share of the collector's calls, and its frees", () => {
    const counts = {
      "v8::internal::Heap::CollectGarbage(v8::internal::AllocationSpace)": 0,
      "workerd::Worker::answer()": 0,
      "workerd::api::Headers::~Headers()": 100,
      "operator delete(void*)": 40,
    };
    const spent = functions(counts, {
      "workerd::api::Headers::~Headers()": {
        "v8::internal::Heap::CollectGarbage(v8::internal::AllocationSpace)": 105,
        "workerd::Worker::answer()": 35,
      },
      "operator delete(void*)": { "workerd::api::Headers::~Headers()": 40 },
    });
    expect(instructionsOf(spent)).toEqual({ core: 25, malloc: 10, garbageCollection: 75 + 30, compilation: 0 });
  });

  it("leave out what a compiler calls, at any depth and within a recursion", () => {
    const counts = { "v8::internal::Compiler::Compile()": 1, visit: 2, visitMore: 4, memcpy: 8 };
    const spent = functions(counts, {
      visit: { "v8::internal::Compiler::Compile()": 14, visitMore: 6 },
      visitMore: { visit: 12 },
      memcpy: { visitMore: 8 },
    });
    const { core, compilation } = instructionsOf(spent);
    expect(core).toBeCloseTo(0, 3);
    expect(compilation).toBeCloseTo(15, 3);
  });

  it("of a request are the mean of all counted requests, and core the median of the slices", () => {
    const slices = [1_000, 1_010, 5_000].map((core, nth) => fileOf({ core, "operator new(unsigned long)": 300 * nth }));
    expect(costOf(slices, 10)).toMatchObject({ core: 101, malloc: 30 });
  });
});

const cost = (core: number): Cost => ({
  core,
  malloc: 100_000,
  garbageCollection: 100,
  compilation: 10,
  calls: [
    { name: "fetch", times: 1, each: 120_000 },
    { name: "Headers.get", times: core / 100_000, each: 2_000 },
    { name: "Request.cf", times: 0.01, each: 300 },
  ],
});
const COSTS = {
  passThrough: cost(400_000),
  rules: cost(500_000),
  cleanRead: cost(600_000),
  anonymous: cost(700_000),
  objectCall: cost(600_000),
  strictRead: cost(900_000),
  objectWrite: cost(650_000),
  objectPost: cost(900_000),
  objectBackup: cost(1_000_000),
  change: cost(1_300_000),
  backedUpChange: cost(1_950_000),
} satisfies Costs;

/** A file of callgrind's with functions that call no other function. */
function fileOf(counts: Readonly<Record<string, number>>): string {
  const functions = Object.entries(counts).map(([name, self], nth) => `fn=(${nth}) ${name}\n1 ${self}\n`);
  return `positions: line\nevents: Ir\n\n${functions.join("\n")}`;
}

describe("the ratios", () => {
  it("compare the core instructions of each pair", () => {
    expect(ratiosOf(COSTS)).toEqual({
      cleanReadOverRules: 1.2,
      anonymousOverPassThrough: 1.75,
      strictOverObjectCall: 1.5,
      changeOverObjectWrite: 2,
      backedUpChangeOverChange: 1.5,
    });
  });

  it("leave out the pair whose contestant could not run", () => {
    const { backedUpChange: _, ...others } = COSTS;
    expect(Object.keys(ratiosOf(others))).toEqual(Object.keys(RATIOS).slice(0, -1));
  });
});

describe("the guard of instructions", () => {
  const withRead = (times: number): Costs => ({ ...COSTS, cleanRead: cost(600_000 * times) });

  it.each([0.981, 1, 1.019])("lets a read pass that costs %d times the committed instructions", (times) => {
    expect(judge(withRead(times), COSTS).kind).toBe("fine");
  });

  it.each([0.979, 1.021])("stops a read that costs %d times the committed instructions, and names it", (times) => {
    const { kind, text } = judge(withRead(times), COSTS);
    expect(kind).toBe("differs");
    expect(text).toMatch(/cleanReadOverRules: .* out of bounds\n/);
    expect(text.match(/out of bounds/g)).toHaveLength(1);
  });

  it("is not put off by a processor on which everything costs more", () => {
    const dearer = Object.fromEntries(Object.entries(COSTS).map(([name, { core }]) => [name, cost(core * 1.1)]));
    expect(judge(dearer, COSTS).kind).toBe("fine");
  });

  it("does not let a run pass that lacks a ratio", () => {
    const { backedUpChange: _, ...others } = COSTS;
    expect(judge(others, COSTS)).toMatchObject({
      kind: "differs",
      text: expect.stringContaining("backedUpChangeOverChange: not measured"),
    });
    expect(judge({}, {}).kind).toBe("differs");
  });

  it("counts the contestants of a ratio that differs once more, and the second count decides", async () => {
    const counted: unknown[] = [];
    const all = [...new Set(Object.values(RATIOS).flat())];
    const counts =
      (...results: Costs[]) =>
      async (names: readonly string[]) => {
        counted.push(names);
        return results[counted.length - 1] as Costs;
      };
    expect((await guard(counts(withRead(1.1), { cleanRead: COSTS.cleanRead }), COSTS)).kind).toBe("fine");
    expect(counted.splice(0)).toEqual([all, ["cleanRead", "rules"]]);
    expect((await guard(counts(withRead(1.1), { cleanRead: cost(660_000) }), COSTS)).kind).toBe("differs");
    expect(counted.splice(0)).toEqual([all, ["cleanRead", "rules"]]);
    expect((await guard(counts(COSTS), COSTS)).kind).toBe("fine");
    expect(counted).toEqual([all]);
  });

  it("finds a committed figure for each ratio", async () => {
    expect(Object.keys(ratiosOf(await committedCosts()))).toEqual(Object.keys(RATIOS));
  });

  it("is the guard without a part; the guard of CPU time is asked for by its part", () => {
    expect(readOptions(["--guard"])).toEqual({ kind: "guard", of: "instructions" });
    expect(readOptions(["instructions", "--guard"])).toEqual({ kind: "guard", of: "instructions" });
    expect(readOptions(["http", "--guard"])).toEqual({ kind: "guard", of: "http" });
    expect(readOptions(["size", "--guard"])).toMatchObject({ kind: "mistake" });
    expect(readOptions(["http", "instructions", "--guard"])).toMatchObject({ kind: "mistake" });
  });
});

describe("the plot of instructions", () => {
  const widths = [...instructionsPlot({ costs: COSTS }).matchAll(/ width="([\d.]+)" height="18"/g)].map(([, width]) =>
    Number(width),
  );

  it("draws four parts of each contestant, as long as their instructions are many", () => {
    expect(widths).toHaveLength(4 * Object.keys(FIELD).length);
    const [core, malloc] = widths as [number, number];
    expect(core / malloc).toBeCloseTo(COSTS.passThrough.core / COSTS.passThrough.malloc, 0);
    expect(widths.slice(-4).reduce((sum, width) => sum + width)).toBeCloseTo(900 - 470 - 60, 0);
  });
});

describe("a machine without valgrind", () => {
  it("is told the package that it lacks", () => {
    vi.stubEnv("PATH", "/nowhere");
    expect(missingValgrind()).toContain("apt-get install valgrind");
    vi.unstubAllEnvs();
  });
});

describe("the tables of instructions", () => {
  const [costs, ratios, calls] = instructionsTables({ costs: COSTS }) as [string, string, string];

  it("show thousands of instructions", () => expect(costs).toContain(`| ${FIELD.cleanRead} | 600 | 100 | 0 | 0 |`));

  it("show each ratio", () => expect(ratios).toContain(`| ${FIELD.cleanRead} | ${FIELD.rules} | 1.200 |`));

  it("show the calls that most requests make, the dearest first", () => {
    const rows = calls.split("\n").slice(4);
    expect(rows).toEqual([
      "| `fetch` | 120000 | 1 | 1 | 1 | 1 | 1 | 1 | 1 |",
      "| `Headers.get` | 2000 | 4 | 5 | 6 | 7 | 9 | 13 | 19.5 |",
    ]);
  });
});
