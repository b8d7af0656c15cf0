import fc from "fast-check";
import { describe, expect, it } from "vitest";
import moorConfig from "../../moor.config.ts";
import { fingerprintOf } from "../../src/config/fingerprint.ts";
import { readConfig } from "../../src/config/read.ts";
import { takeChecked } from "../../src/config/take-checked.ts";
import type { MoorConfig } from "../../src/config/types.ts";
import { resolved } from "./configs.ts";
import { everything } from "./everything.ts";

describe("reading a configuration", () => {
  it("keeps everything that is given", () => {
    expect(resolved(everything)).toEqual({
      ...everything,
      routes: [everything.routes?.[0], { host: undefined, ...everything.routes?.[1] }],
    });
  });

  it("takes the project's own moor.config.ts", () => {
    expect(readConfig(moorConfig)).toMatchObject({ kind: "ok" });
  });

  it("changes nothing of its input, and shares nothing with it", () => {
    const input = structuredClone(everything);
    const config = resolved(input);
    expect(input).toEqual(everything);
    input.pools[0]?.origins.pop();
    input.pools[0]?.hashPolicy?.pop();
    expect(config.pools[0]?.origins).toHaveLength(2);
    expect(config.pools[0]?.hashPolicy).toHaveLength(2);
  });

  it("never throws, whatever JSON it is given", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (input) => {
        expect(["ok", "invalid"]).toContain(readConfig(input).kind);
      }),
    );
  });

  it("never throws on a right configuration in which any JSON replaces a part, and says where the mistake is", () => {
    const spots = spotsOf(everything);
    fc.assert(
      fc.property(fc.constantFrom(...spots), fc.jsonValue({ maxDepth: 3 }), (spot, value) => {
        const read = readConfig(replaced(everything, spot, value), { deploy: true });
        if (read.kind === "invalid") {
          expect(read.mistakes.length).toBeGreaterThan(0);
          for (const { found, accepted } of read.mistakes) expect([found, accepted]).not.toContain("");
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it("reads its own result as the same", () => {
    fc.assert(
      fc.property(rightConfig, (input) => {
        const config = resolved(input);
        expect(resolved(config)).toEqual(config);
        expect(resolved(JSON.parse(JSON.stringify(config)))).toEqual(config);
      }),
    );
  });
});

describe("a configuration that was checked before the build", () => {
  it("has the same defaults as one that is checked now", () => {
    expect(takeChecked(everything, fingerprintOf(everything))).toEqual(resolved(everything));
    fc.assert(
      fc.property(rightConfig, (input) => {
        expect(takeChecked(input as MoorConfig, fingerprintOf(input))).toEqual(resolved(input));
      }),
    );
  });

  it("is the same after a way through JSON, with or without functions", () => {
    const again = JSON.parse(JSON.stringify(everything)) as MoorConfig;
    const checked = fingerprintOf({ ...everything, events: () => {} });
    expect(takeChecked(again, checked)).toEqual(resolved(everything));
  });

  it("is refused if anything in it has changed since", () => {
    const checked = fingerprintOf(everything);
    for (const spot of spotsOf(everything)) {
      expect(() => takeChecked(replaced(everything, spot, "changed") as MoorConfig, checked)).toThrow(
        'not the one that "moor deploy" has checked',
      );
    }
  });
});

const optionally = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const name = fc.stringMatching(/^[a-z0-9._-]{1,64}$/);

const rightPool = fc.record({
  id: name,
  origins: fc.uniqueArray(
    fc.record({
      id: name,
      url: fc.webUrl({ validSchemes: ["http", "https"] }),
      weight: optionally(fc.double({ min: 0.001, max: 1_000_000, noNaN: true })),
    }),
    { minLength: 1, maxLength: 4, selector: ({ id }) => id },
  ),
  attemptDeadlineMs: optionally(fc.integer({ min: 10, max: 600_000 })),
  session: optionally(
    fc.record({
      see: optionally(fc.oneof(fc.constant(true), fc.array(fc.string(), { minLength: 1 }))),
      write: optionally(fc.oneof(fc.constant(true), fc.array(fc.string()))),
      may: optionally(fc.subarray(["patch", "principal", "end"])),
    }),
  ),
});

const rightConfig = fc
  .record({
    pools: fc.uniqueArray(rightPool, { minLength: 1, maxLength: 3, selector: ({ id }) => id }),
    absoluteSeconds: fc.integer({ min: 60, max: 31_536_000 }),
    replicate: optionally(fc.constantFrom("travel", "always", "off")),
    backup: optionally(fc.constantFrom("async", "sync", "off")),
    explain: optionally(fc.boolean()),
    requests: optionally(fc.constantFrom("failed", "all", "off", 0.5, 1)),
  })
  .map(({ pools, absoluteSeconds, replicate, backup, explain, requests }) => ({
    pools,
    stores: { replicate, backup, strictBackup: backup === "sync" },
    session: {
      idleSeconds: Math.max(60, Math.ceil(absoluteSeconds / 2)),
      absoluteSeconds,
    },
    explain,
    log: { requests },
  }));

/** The path of every value in a configuration. */
function spotsOf(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== "object" || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, inner]) => spotsOf(inner, [...path, key]))];
}

function replaced(value: unknown, [key, ...rest]: string[], by: unknown): unknown {
  if (key === undefined) return by;
  const copy: Record<string, unknown> = Array.isArray(value) ? Object.assign([], value) : { ...Object(value) };
  copy[key] = replaced(copy[key], rest, by);
  return copy;
}
