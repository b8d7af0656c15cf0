import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { LogEntry } from "../../src/log.ts";
import type { Breaker } from "../../src/store/breaker.ts";
import { type Breakers, createBreakers } from "../../src/store/breakers.ts";
import { setTime } from "../support/edge.ts";
import { T0 } from "../support/time.ts";

let logged: LogEntry[];
let breakers: Breakers;

beforeEach(() => {
  setTime(T0);
  vi.spyOn(Math, "random").mockReturnValue(0);
  logged = [];
  breakers = createBreakers((entry) => logged.push(entry));
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function fail(breaker: Breaker, cause?: unknown): void {
  for (let i = 0; i < 5; i++) breaker.admit()?.failed(cause);
}

describe("the breakers of an isolate", () => {
  it("log the changes of their states", () => {
    const breaker = breakers.make("object");
    fail(breaker, new Error("reset"));
    expect(logged).toEqual([{ event: "store_open", store: "object", reason: "Error: reset" }]);
    expect(breaker.admit()).toBeUndefined();
  });

  it("rest for a shorter or a longer time at random", () => {
    vi.mocked(Math.random).mockReturnValue(0.5);
    const breaker = breakers.make("object");
    fail(breaker);
    vi.setSystemTime(T0 + 374);
    expect(breaker.admit()).toBeUndefined();
    vi.setSystemTime(T0 + 375);
    expect(breaker.admit()).toBeDefined();
  });

  it("are all in one list, also the breakers that are made after the list was handed on", () => {
    const { made } = breakers;
    const object = breakers.make("object");
    const pool = breakers.make("pool");
    expect(made).toEqual([object, pool]);
  });
});
