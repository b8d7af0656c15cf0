import { beforeEach, describe, expect, it } from "vitest";
import { type AdmittedCall, BreakerOpenError, type BreakerState, createBreaker } from "../../src/store/breaker.ts";
import { T0 } from "../support/time.ts";

/** The value of `random` for the longest time that a breaker stays open. */
const LONGEST = 0;
/** The value of `random` for the shortest time, which is almost half of the longest time. */
const SHORTEST = 1 - 1e-9;
const LOST = new Error("connection lost");

let now: number;
let draw: number;
let changes: BreakerState[];
let breaker: ReturnType<typeof createBreaker>;

beforeEach(() => {
  now = T0;
  draw = LONGEST;
  changes = [];
  breaker = createBreaker({
    name: "redis",
    clock: () => now,
    random: () => draw,
    onChange: (name, state) => {
      expect(name).toBe("redis");
      changes.push(state);
    },
  });
});

function admitted(): AdmittedCall {
  const call = breaker.admit();
  if (!call) throw new Error("not admitted");
  return call;
}
const fail = (times = 1) => {
  for (let i = 0; i < times; i++) admitted().failed(LOST);
};
const pass = (ms: number) => {
  now += ms;
};
/** Opens the breaker for the first time: for half a second, unless `random` shortens that. */
const open = () => fail(5);

describe("a breaker that is closed", () => {
  it("lets all requests in, at once", () => {
    const calls = Array.from({ length: 20 }, () => breaker.admit());
    expect(calls).not.toContain(undefined);
    expect(breaker.state()).toBe("closed");
  });

  it("bears four consecutive failures", () => {
    fail(4);
    expect(breaker.state()).toBe("closed");
    expect(breaker.admit()).toBeDefined();
  });

  it("opens at the fifth", () => {
    fail(5);
    expect(breaker.state()).toBe("open");
    expect(breaker.admit()).toBeUndefined();
  });

  it("counts anew after an answer: failures of one session among other sessions' answers open nothing", () => {
    for (let i = 0; i < 50; i++) {
      fail(4);
      admitted().answered();
    }
    expect(changes).toEqual([]);
  });

  it("counts failures however far they lie apart", () => {
    for (let i = 0; i < 5; i++) {
      fail();
      pass(3_600_000);
    }
    expect(breaker.state()).toBe("open");
  });

  it("counts calls that began before another call ended", () => {
    const calls = Array.from({ length: 5 }, admitted);
    for (const call of calls) call.failed(LOST);
    expect(breaker.state()).toBe("open");
  });
});

describe("a breaker that is open", () => {
  it("lets no request in for half a second", () => {
    open();
    pass(499);
    expect(breaker.admit()).toBeUndefined();
    pass(1);
    expect(breaker.admit()).toBeDefined();
  });

  it("stays so until somebody asks again", () => {
    open();
    pass(60_000);
    expect(breaker.state()).toBe("open");
  });

  it("is shortened at random, by up to a half, so that isolates do not come back in step", () => {
    draw = SHORTEST;
    open();
    pass(249);
    expect(breaker.admit()).toBeUndefined();
    pass(1.1);
    expect(breaker.admit()).toBeDefined();
  });

  it("is shortened by a quarter when half is drawn", () => {
    draw = 0.5;
    open();
    pass(374);
    expect(breaker.admit()).toBeUndefined();
    pass(1);
    expect(breaker.admit()).toBeDefined();
  });

  it("is not opened for longer by calls that began before and fail now", () => {
    const late = Array.from({ length: 20 }, admitted);
    open();
    pass(400);
    for (const call of late) call.failed(LOST);
    pass(100);
    expect(breaker.admit()).toBeDefined();
    expect(changes).toEqual(["open", "half-open"]);
  });

  it("closes when a call that began before is answered: the store is there", () => {
    const late = admitted();
    open();
    late.answered();
    expect(breaker.state()).toBe("closed");
    expect(breaker.admit()).toBeDefined();
  });
});

describe("a breaker that is half-open", () => {
  let late: AdmittedCall[];
  let probe: AdmittedCall;
  beforeEach(() => {
    late = Array.from({ length: 20 }, admitted);
    open();
    pass(500);
    probe = admitted();
  });

  it("lets one request in", () => {
    expect(breaker.state()).toBe("half-open");
    expect(Array.from({ length: 20 }, () => breaker.admit())).toEqual(new Array(20).fill(undefined));
  });

  it("closes when that is answered, and bears four failures again", () => {
    probe.answered();
    expect(breaker.state()).toBe("closed");
    fail(4);
    expect(breaker.state()).toBe("closed");
    fail();
    expect(breaker.state()).toBe("open");
  });

  it("opens again when that fails", () => {
    probe.failed(LOST);
    expect(breaker.state()).toBe("open");
    expect(breaker.admit()).toBeUndefined();
  });

  it("waits for it as long as a call can last, though it was open for less", () => {
    pass(2_999);
    expect(breaker.admit()).toBeUndefined();
    probe.failed(LOST);
    expect(breaker.state()).toBe("open");
  });

  it("lets another request in then, since a caller that leaves tells nothing", () => {
    pass(3_000);
    const next = admitted();
    expect(breaker.state()).toBe("half-open");
    expect(breaker.admit()).toBeUndefined();
    next.answered();
    expect(breaker.state()).toBe("closed");
  });

  it("opens once for two calls that fail one after the other", () => {
    pass(3_000);
    const next = admitted();
    probe.failed(LOST);
    pass(1_000);
    const third = admitted();
    next.failed(LOST);
    expect(breaker.state()).toBe("half-open");
    third.answered();
    expect(breaker.state()).toBe("closed");
  });

  it("is not opened by calls that began before it opened and fail now", () => {
    for (const call of late) call.failed(LOST);
    expect(breaker.state()).toBe("half-open");
    probe.answered();
    expect(breaker.state()).toBe("closed");
  });

  it("is not opened by them when it has closed again, either", () => {
    probe.answered();
    for (const call of late) call.failed(LOST);
    expect(breaker.state()).toBe("closed");
  });

  it("closes when a call is answered", () => {
    late[0]?.answered();
    expect(breaker.state()).toBe("closed");
  });
});

describe("the time for which a breaker is open", () => {
  /** How long the breaker refuses calls after it has opened. */
  function refusedMs(): number {
    const openedAt = now;
    for (;;) {
      const probe = breaker.admit();
      if (probe) {
        probe.failed(LOST);
        return now - openedAt;
      }
      pass(1);
    }
  }

  it("doubles each time that the try fails, up to ten seconds", () => {
    open();
    expect(Array.from({ length: 7 }, refusedMs)).toEqual([500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
  });

  it("is shortened each time, by a part of the full time", () => {
    draw = 0.5;
    open();
    expect(Array.from({ length: 7 }, refusedMs)).toEqual([375, 750, 1_500, 3_000, 6_000, 7_500, 7_500]);
  });

  it("begins with half a second again after an answer", () => {
    open();
    Array.from({ length: 4 }, refusedMs);
    pass(8_000);
    admitted().answered();
    open();
    expect(refusedMs()).toBe(500);
  });
});

describe("a breaker's changes", () => {
  it("are reported once each, and a call that changes nothing is not reported", () => {
    admitted().answered();
    fail(4);
    admitted().answered();
    open();
    breaker.admit();
    pass(500);
    fail();
    pass(1_000);
    const probe = admitted();
    pass(3_000);
    admitted();
    probe.answered();
    admitted().answered();
    expect(changes).toEqual(["open", "half-open", "open", "half-open", "closed"]);
  });

  it("need no listener", () => {
    const silent = createBreaker({ name: "kv", clock: () => now, random: () => draw });
    for (let i = 0; i < 5; i++) silent.admit()?.failed(LOST);
    expect([silent.name, silent.state()]).toEqual(["kv", "open"]);
  });

  it("belong to a single store: another store's breaker stays as it is", () => {
    const other = createBreaker({ name: "kv", clock: () => now, random: () => draw });
    open();
    expect(other.state()).toBe("closed");
  });
});

it("A store that is not asked is named, and nothing else is said", () => {
  const fault = new BreakerOpenError("redis");
  expect(`${fault.name}: ${fault.message}`).toBe(
    "BreakerOpenError: redis has failed repeatedly and is not asked for a moment",
  );
});
