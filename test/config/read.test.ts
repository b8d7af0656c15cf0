import fc from "fast-check";
import { describe, expect, it } from "vitest";
import moorConfig from "../../moor.config.ts";
import { readConfig } from "../../src/config/read.ts";
import type { MoorConfig } from "../../src/config/types.ts";
import { pool, resolved } from "./configs.ts";

const everything: MoorConfig = {
  pools: [
    {
      id: "shop",
      origins: [{ id: "a", url: "https://a.example.com/base", weight: 2.5 }],
      hashPolicy: [{ type: "header", name: "X-Tenant" }, { type: "session-id" }],
      attemptDeadlineMs: 5_000,
      session: { see: ["cart"], may: ["patch", "end"] },
    },
    {
      id: "api",
      origins: [{ id: "a", url: "https://api.example.com", weight: 1 }],
      hashPolicy: [{ type: "client-ip" }],
      attemptDeadlineMs: 10,
      session: { see: true, may: [] },
    },
  ],
  routes: [
    {
      host: "*.example.com",
      path: "/api/*",
      pool: "api",
      session: false,
      freshness: "strict",
      retry: "any",
      onStale: "refuse",
    },
    { path: "/*", pool: "shop", session: true, freshness: "bounded", retry: "safe", onStale: "serve" },
  ],
  session: {
    idleSeconds: 600,
    absoluteSeconds: 7_200,
    firstIdleSeconds: 300,
    newSessionHours: 2,
    graceSeconds: 0,
    maxAttributeBytes: 4_096,
  },
  stores: { replicate: "always", backup: "sync", strictBackup: true },
  handoff: { dataBytes: 0 },
  explain: true,
};

describe("the defaults", () => {
  it("make a pool with one origin a whole configuration", () => {
    expect(resolved({ pools: [pool()] })).toEqual({
      pools: [
        {
          id: "shop",
          origins: [{ id: "a", url: "https://a.example.com", weight: 1 }],
          hashPolicy: [{ type: "session-id" }],
          attemptDeadlineMs: 30_000,
          session: { see: true, may: ["patch", "principal", "end"] },
        },
      ],
      routes: [
        {
          host: undefined,
          path: "/*",
          pool: "shop",
          session: true,
          freshness: "bounded",
          retry: "safe",
          onStale: "serve",
        },
      ],
      session: {
        idleSeconds: 43_200,
        absoluteSeconds: 604_800,
        firstIdleSeconds: 1_800,
        newSessionHours: 24,
        graceSeconds: 30,
        maxAttributeBytes: 65_536,
      },
      stores: { replicate: "travel", backup: "async", strictBackup: false },
      handoff: { dataBytes: 2_048 },
      explain: false,
    });
  });

  it("let an only pool do everything, and one of several only patch", () => {
    const several = resolved({ pools: [pool(), pool({ id: "api" })] });
    expect(several.pools.map(({ session }) => session)).toEqual([
      { see: true, may: ["patch"] },
      { see: true, may: ["patch"] },
    ]);
  });

  it("fill in the half of a pool's permissions that is left out", () => {
    expect(resolved({ pools: [pool({ session: { see: ["cart"] } })] }).pools[0]?.session).toEqual({
      see: ["cart"],
      may: ["patch", "principal", "end"],
    });
    expect(resolved({ pools: [pool({ session: { may: ["end"] } })] }).pools[0]?.session).toEqual({
      see: true,
      may: ["end"],
    });
  });

  it("fill in what is left out of the stores", () => {
    const storesOf = (stores: object) => resolved({ pools: [pool()], stores }).stores;
    expect(storesOf({ backup: "sync" })).toEqual({ replicate: "travel", backup: "sync", strictBackup: false });
    expect(storesOf({ replicate: "off" })).toEqual({ replicate: "off", backup: "async", strictBackup: false });
  });

  it("send everything to the first pool", () => {
    expect(resolved({ pools: [pool({ id: "b" }), pool({ id: "a" })] }).routes.map((route) => route.pool)).toEqual([
      "b",
    ]);
  });

  it("keep the first idle timeout and the time of a new session within the others", () => {
    expect(resolved({ pools: [pool()], session: { idleSeconds: 60, absoluteSeconds: 5_400 } }).session).toMatchObject({
      firstIdleSeconds: 60,
      newSessionHours: 1.5,
    });
  });

  it("stand in for a value that is undefined", () => {
    const undefinedOnes = {
      pools: [pool({ hashPolicy: undefined })],
      routes: undefined,
      session: { idleSeconds: undefined },
    };
    expect(resolved(undefinedOnes)).toEqual(resolved({ pools: [pool()] }));
  });
});

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
    expect(config.pools[0]?.origins).toHaveLength(1);
    expect(config.pools[0]?.hashPolicy).toHaveLength(2);
  });

  it("never throws, whatever JSON it is given", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (input) => {
        expect(["ok", "invalid"]).toContain(readConfig(input).kind);
      }),
    );
  });

  it("never throws on a right configuration with one part replaced by any JSON, and says where it is wrong", () => {
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
      see: optionally(fc.oneof(fc.constant(true), fc.array(fc.string()))),
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
  })
  .map(({ pools, absoluteSeconds, replicate, backup, explain }) => ({
    pools,
    stores: { replicate, backup, strictBackup: backup === "sync" },
    session: {
      idleSeconds: Math.max(60, Math.ceil(absoluteSeconds / 2)),
      absoluteSeconds,
    },
    explain,
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
