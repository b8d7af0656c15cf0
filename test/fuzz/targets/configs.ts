import fc from "fast-check";
import { readConfig } from "../../../src/config/read.ts";
import { formatMistakes } from "../../../src/settings/mistakes.ts";
import { origin, pool } from "../../config/configs.ts";
import { demand, type Target } from "../target.ts";

const scalar = fc.oneof(
  fc.constantFrom(
    null,
    true,
    0,
    -1,
    Number.NaN,
    1e21,
    "",
    "shop",
    "*",
    "/*",
    "a".repeat(100),
    "__proto__",
    "https://a.test",
    "ftp://x",
  ),
  fc.string({ maxLength: 20 }),
  fc.double(),
);
const whole = (max: number) =>
  fc.oneof({ weight: 20, arbitrary: fc.integer({ min: 1, max }) }, { weight: 1, arbitrary: fc.double() });
const policy = fc.record(
  {
    idleSeconds: whole(100_000),
    absoluteSeconds: whole(1_000_000),
    firstIdleSeconds: whole(2_000),
    newSessionHours: whole(30),
    graceSeconds: whole(300),
  },
  { requiredKeys: [] },
);
const names = fc.constantFrom(
  ...[
    "pools",
    "routes",
    "session",
    "stores",
    "explain",
    "log",
    "requests",
    "handoff",
    "id",
    "origins",
    "url",
    "weight",
    "hashPolicy",
    "type",
    "name",
  ],
  ...[
    "path",
    "host",
    "pool",
    "freshness",
    "retryOn",
    "onStale",
    "replicate",
    "backup",
    "idleSeconds",
    "see",
    "may",
    "__proto__",
    "extra",
  ],
);
const something = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    scalar,
    fc.array(tie("value"), { maxLength: 3 }),
    fc.array(fc.tuple(names, tie("value")), { maxLength: 5 }).map((members) => Object.fromEntries(members)),
  ),
})).value;

/** Configurations: valid ones with a wrong value in them, and arbitrary JSON. */
export const configs: Target<unknown> = {
  name: "configs",
  about: "configurations: read, or refused with mistakes that name their place",
  cases: fc.oneof(
    something,
    policy.map((session) => ({ pools: [pool()], session })),
    fc.record(
      { pools: fc.constant([pool()]), session: something, stores: something, handoff: something },
      { requiredKeys: ["pools"] },
    ),
    fc.tuple(names, something).map(([name, value]) => ({ pools: [pool({ [name]: value })] })),
    fc.tuple(names, something).map(([name, value]) => ({ pools: [pool({ origins: [origin({ [name]: value })] })] })),
    fc
      .tuple(names, something)
      .map(([name, value]) => ({ pools: [pool()], routes: [{ path: "/*", pool: "shop", [name]: value }] })),
  ),
  async start() {
    demand(readConfig({ pools: [pool()] }).kind === "ok", "a configuration that is right is refused");
    return async (input) => {
      const read = readConfig(input);
      if (read.kind === "ok") return "read";
      demand(read.mistakes.length > 0, "refused without a mistake");
      demand(formatMistakes(read.mistakes).trim() !== "", "a mistake says nothing");
      return "refused";
    };
  },
};
