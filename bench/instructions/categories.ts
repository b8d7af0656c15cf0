import type { Counted, Functions } from "./functions.ts";

/**
 * Instructions by the work that they do. `core` is the rest without the others. It repeats from run to run; the others come in
 * lumps, whenever V8 sees fit.
 */
export interface Instructions {
  readonly core: number;
  /** Outside the garbage collector and the compilers. */
  readonly malloc: number;
  /** With the destructors that it calls. */
  readonly garbageCollection: number;
  readonly compilation: number;
}

const MALLOC = /tcmalloc|^operator (?:new|delete)|^(?:malloc|free|realloc|calloc)\b|kj::_::Heap(?:Array)?Disposer/;
const GARBAGE_COLLECTION =
  /Scaveng|MarkCompact|MarkingVisitor|ConcurrentMarking|Sweeper|Evacuat|HeapTracer|YoungNodes|RootVisit|CppHeap|Heap::(?:CollectGarbage|PerformGarbageCollection)/;
const COMPILATION =
  /maglev|turboshaft|v8::internal::(?:compiler::|Compiler::|interpreter::Bytecode|baseline::|TurbofanCompilationJob|OptimizedCompilationJob|OptimizingCompile|TieringManager|Parse)/;

/** A share that moves less than this in a round has settled. */
const SETTLED = 1e-6;

/**
 * The instructions of all functions.
 *
 * The collector and the compilers also call functions that others call, such as destructors and `memcpy`. The instructions of such a
 * function are shared out by what its callers spent in it.
 */
export function instructionsOf(functions: Functions): Instructions {
  const collecting = sharesUnder(functions, GARBAGE_COLLECTION);
  const compiling = sharesUnder(functions, COMPILATION);
  const sums = { core: 0, malloc: 0, garbageCollection: 0, compilation: 0 };
  for (const [name, { self }] of functions) {
    const collected = self * (collecting.get(name) ?? 0);
    const compiled = (self - collected) * (compiling.get(name) ?? 0);
    sums.garbageCollection += collected;
    sums.compilation += compiled;
    sums[MALLOC.test(name) ? "malloc" : "core"] += self - collected - compiled;
  }
  return sums;
}

/** Of each function the share of its instructions below functions of these names, themselves included. */
function sharesUnder(functions: Functions, names: RegExp): ReadonlyMap<string, number> {
  const shares = new Map<string, number>();
  for (const name of functions.keys()) if (names.test(name)) shares.set(name, 1);
  const others = [...functions].filter(([name]) => !shares.has(name));
  for (let moved = 1; moved > SETTLED; ) {
    moved = 0;
    for (const [name, counted] of others) {
      const share = shareOf(counted, shares);
      moved = Math.max(moved, share - (shares.get(name) ?? 0));
      shares.set(name, share);
    }
  }
  return shares;
}

function shareOf({ under }: Counted, shares: ReadonlyMap<string, number>): number {
  let all = 0;
  let part = 0;
  for (const [caller, inclusive] of under) {
    all += inclusive;
    part += inclusive * (shares.get(caller) ?? 0);
  }
  return all === 0 ? 0 : part / all;
}
