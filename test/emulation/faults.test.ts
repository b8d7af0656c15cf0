import { describe, expect, it } from "vitest";
import { createFaults, type LinkFault } from "../../emulation/faults.ts";
import { carry } from "../../emulation/link.ts";
import { T0 } from "../support/time.ts";
import { outcomeAfter, virtualClock } from "./passing-time.ts";

describe("the switches", () => {
  it("are all off in the beginning", () => {
    expect(createFaults<string>().faultOf("fra", "get")).toBeUndefined();
  });

  it("switch a fault on for all calls, and off", () => {
    const { set, faultOf } = createFaults<string>();
    set("down");
    expect([faultOf("fra", "get"), faultOf("syd", "put")]).toEqual(["down", "down"]);
    set(undefined);
    expect(faultOf("fra", "get")).toBeUndefined();
  });

  it("switch faults for one location, for one operation, or for one operation at one location", () => {
    const { set, faultOf } = createFaults<string>();
    set("location", { from: "fra" });
    set("operation", { operation: "put" });
    set("both", { from: "syd", operation: "get" });
    const met = [faultOf("fra", "get"), faultOf("lhr", "put"), faultOf("syd", "get"), faultOf("lhr", "get")];
    expect(met).toEqual(["location", "operation", "both", undefined]);
  });

  it("let a call meet the newest fault that is switched on", () => {
    const { set, faultOf } = createFaults<string>();
    set("old");
    set("new", { from: "fra" });
    expect(faultOf("fra", "get")).toBe("new");
    set("newest");
    expect(faultOf("fra", "get")).toBe("newest");
  });

  it("switch off only the faults that were switched on for the same calls", () => {
    const { set, faultOf } = createFaults<string>();
    set("everywhere");
    set("there", { from: "fra" });
    set(undefined, { from: "fra" });
    expect(faultOf("fra", "get")).toBe("everywhere");
  });

  it("let the next call alone meet a fault, before all that is on", () => {
    const { set, next, faultOf } = createFaults<string>();
    set("on");
    next("once", { operation: "put" });
    next("then", { operation: "put" });
    const met = [faultOf("fra", "get"), faultOf("fra", "put"), faultOf("fra", "put"), faultOf("fra", "put")];
    expect(met).toEqual(["on", "once", "then", "on"]);
  });

  it("go all off at once", () => {
    const { set, next, clear, faultOf } = createFaults<string>();
    set("on");
    next("once");
    clear();
    expect(faultOf("fra", "get")).toBeUndefined();
  });
});

describe("a link", () => {
  const errors = { down: () => new Error("down"), lost: () => new Error("lost") };

  /** A call that travels 30 ms there and 20 ms back. `log` holds each event with its time. */
  function call(fault?: LinkFault, outcome: () => string = () => "answer") {
    const clock = virtualClock();
    const log: string[] = [];
    const note = (what: string) => log.push(`${what} at ${clock.now() - T0}`);
    const work = async () => {
      note("done");
      return outcome();
    };
    const answered = carry(work, { clock, requestMs: 30, responseMs: 20, fault, errors }).then(
      (answer) => note(answer),
      (error: Error) => note(error.message),
    );
    return { clock, log, answered };
  }

  it("takes its time there and back", async () => {
    const { clock, log } = call();
    await clock.run();
    expect(log).toEqual(["done at 30", "answer at 50"]);
  });

  it("carries errors back as it does answers", async () => {
    const { clock, log } = call(undefined, () => {
      throw new Error("no");
    });
    await clock.run();
    expect(log).toEqual(["done at 30", "no at 50"]);
  });

  it("that is down fails at once, and nothing happens", async () => {
    const { clock, log } = call({ kind: "down" });
    await clock.run();
    expect(log).toEqual(["down at 0"]);
  });

  it("that is slow takes longer, and the work is done", async () => {
    const { clock, log } = call({ kind: "slow", requestMs: 1_000, responseMs: 500 });
    await clock.run();
    expect(log).toEqual(["done at 1030", "answer at 1550"]);
  });

  it("does the work though its caller has given up", async () => {
    const { clock, log, answered } = call({ kind: "slow", requestMs: 1_000, responseMs: 0 });
    await expect(outcomeAfter(clock, 100, answered)).rejects.toThrow("still under way");
    expect(log).toEqual([]);
    await clock.run();
    expect(log[0]).toBe("done at 1030");
  });

  it("that loses the request leaves the work undone", async () => {
    const { clock, log } = call({ kind: "request-lost", silent: false });
    await clock.run();
    expect(log).toEqual(["lost at 30"]);
  });

  it("that loses the response has the work done", async () => {
    const { clock, log } = call({ kind: "response-lost", silent: false });
    await clock.run();
    expect(log).toEqual(["done at 30", "lost at 50"]);
  });

  it("that loses the response loses errors as well", async () => {
    const { clock, log } = call({ kind: "response-lost", silent: false }, () => {
      throw new Error("no");
    });
    await clock.run();
    expect(log).toEqual(["done at 30", "lost at 50"]);
  });

  it.each([
    ["request", [] as string[]],
    ["response", ["done at 30"]],
  ] as const)("may lose the %s without a word", async (what, done) => {
    const { clock, log } = call({ kind: `${what}-lost`, silent: true });
    await clock.run({ until: T0 + 3_600_000 });
    expect(log).toEqual(done);
  });
});
