import { cp } from "node:fs/promises";
import { join } from "node:path";
import { buildPackage } from "../support/node/built-package.ts";
import { describeDropIn } from "./conformance.suite.ts";

const unaware = "express-session knows no user; regenerate() sends Moor-Rotate";
const limited = "moor/express sends changes up to 16 KiB";
const json = "express-session keeps JSON";
const merged = "a merge patch reads null as a removal (RFC 7396)";
const strict = "moor/express refuses a request without a handoff";

describeDropIn({
  name: "Express",
  async build(out) {
    await buildPackage(join(out, "node_modules"), "express");
    await cp("sdk/node/conformance", out, { recursive: true });
  },
  command: (out) => ({ argv: [process.execPath, join(out, "server.cjs")] }),
  without: {
    "no-handoff-read": strict,
    "no-handoff-write": strict,
    "login-principal": unaware,
    "login-not-ascii": unaware,
    "large-by-api": limited,
    large: limited,
    "null-members": merged,
    "null-value": merged,
    "native-date": json,
    "native-bytes": json,
    "native-object": json,
    "native-replaced": json,
  },
});
