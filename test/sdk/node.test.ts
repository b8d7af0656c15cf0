import { cp } from "node:fs/promises";
import { join } from "node:path";
import { buildPackage } from "../support/node/built-package.ts";
import { describeDropIn } from "./conformance.suite.ts";

const unaware = "express-session knows no user; regenerate() sends Moor-Rotate";
const json = "express-session keeps JSON";
const merged = "a merge patch reads null as a removal (RFC 7396)";

describeDropIn({
  name: "Express",
  async build(out) {
    await buildPackage(join(out, "node_modules"), "express");
    await cp("sdk/node/conformance", out, { recursive: true });
  },
  command: (out) => ({ argv: [process.execPath, join(out, "server.cjs")] }),
  without: {
    "login-principal": unaware,
    "login-not-ascii": unaware,
    "null-members": merged,
    "null-value": merged,
    "native-date": json,
    "native-bytes": json,
    "native-object": json,
    "native-replaced": json,
  },
});
