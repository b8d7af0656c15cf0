import { expect, it } from "vitest";
import * as moor from "../src/index.ts";

it("the package exports the parts of a Worker, and no inner part that lacks its contracts", () => {
  const exported = Object.keys(moor).sort();
  const objects = ["PoolObject", "PrincipalObject", "SessionObject", "createSessionObject"];
  expect(exported).toEqual([...objects, "createHandler", "defineConfig"].sort());
});
