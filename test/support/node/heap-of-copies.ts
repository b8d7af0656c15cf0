/**
 * Holds copies of sessions of several shapes. For each shape it prints their weight and the growth of V8's heap, in
 * bytes. Run it with `--expose-gc`.
 */
import type { Copy } from "../../../src/session/copy.ts";
import { attributeBytesOf } from "../../../src/session/record.ts";
import { weightOf } from "../../../src/store/memory.ts";

type Make = (n: number) => unknown;
const times = (length: number, make: Make) => Array.from({ length }, (_, n) => make(n));
const members = (length: number, prefix: string, make: Make) =>
  Object.fromEntries(times(length, (n) => [`${prefix}${n}`, make(n)]) as [string, unknown][]);

const SHAPES: Record<string, { copies: number; make: Make }> = {
  nothing: { copies: 5_000, make: () => ({}) },
  "a shop's": {
    copies: 5_000,
    make: (n) => ({ user: `u${n}`, cart: { tea: 2, mug: 1 }, seen: [1, 2, 3], csrf: `abcdefabcdef${n}` }),
  },
  text: { copies: 150, make: (n) => ({ text: "x".repeat(64_000) + n }) },
  "text of two bytes": { copies: 150, make: (n) => ({ text: `${"x".repeat(64_000)}€${n}` }) },
  "short texts": { copies: 30, make: () => ({ texts: times(12_000, (n) => `é${n % 10}`) }) },
  numbers: { copies: 30, make: () => ({ numbers: times(16_000, () => 1.5) }) },
  "numbers and nulls": { copies: 30, make: () => ({ mixed: times(12_000, (n) => (n % 2 ? 1.5 : null)) }) },
  members: { copies: 30, make: (n) => members(6_000, `${n}.`, () => ({})) },
  "few members of names that no other session has": { copies: 1_000, make: (n) => members(100, `${n}.`, () => 1) },
  "objects of such names": { copies: 30, make: (n) => ({ list: times(3_000, (i) => ({ [`${n}.${i}`]: 1 })) }) },
  "empty arrays": { copies: 30, make: () => ({ list: times(21_000, () => []) }) },
  "empty objects": { copies: 30, make: () => ({ list: times(21_000, () => ({})) }) },
};

const collect = (globalThis as { gc?: () => void }).gc;
if (!collect) throw new Error("run with --expose-gc");

function heapBytes(): number {
  collect?.();
  collect?.();
  return process.memoryUsage().heapUsed;
}

for (const shape of Object.keys(SHAPES)) console.log(JSON.stringify(measure(shape)));

function measure(shape: string): object {
  const { copies, make } = SHAPES[shape]!;
  const before = heapBytes();
  const held = times(copies, (n) => copyOf(n, make)) as Copy[];
  const heap = heapBytes() - before;
  const weight = held.reduce((sum, copy) => sum + weightOf(copy), 0);
  const json = held.reduce((sum, { attributeBytes }) => sum + attributeBytes, 0);
  return { shape, copies, json, heap, weight };
}

/** As an isolate gets it from an object. */
function copyOf(n: number, make: Make): Copy {
  const attributes = structuredClone(JSON.parse(JSON.stringify(make(n))));
  const id = `session-${n}`;
  const times = {
    bornAt: n,
    touchedAt: n,
    idleDeadline: 1.7e12 + n,
    absoluteDeadline: 1.8e12 + n,
    vouchedAt: 1.7e12 + n,
  };
  const known = { generation: 0, version: 1, returned: true, journalSeenAt: 0, replicated: false, mayBeKept: true };
  return { id, ...known, ...times, attributes, attributeBytes: attributeBytesOf(attributes) };
}
