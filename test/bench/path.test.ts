import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { type Path, type PathResults, pathTable } from "../../bench/path/path.ts";

describe("the path of a request through the code", () => {
  let path: PathResults;

  // Vitest has a loader of its own, whose functions V8 would count as well.
  beforeAll(async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ["bench/run.ts", "path", "--json"]);
    ({ path } = JSON.parse(stdout.trimEnd().split("\n").at(-1) as string) as { path: PathResults });
  });

  it.each<[keyof PathResults, Pick<Path, "files" | "functions">]>([
    ["cleanRead", { files: 33, functions: 99 }],
    ["change", { files: 45, functions: 170 }],
  ])("of %s stays within its budget", (request, budget) => {
    const { files, functions } = path[request];
    expect(files).toBeLessThanOrEqual(budget.files);
    expect(functions).toBeLessThanOrEqual(budget.functions);
  });

  it("is shown in docs/explanation/performance.md; `npm run bench -- path --save` writes it anew", async () => {
    const document = await readFile("docs/explanation/performance.md", "utf8");
    const [, shown] = /<!-- path -->([\s\S]*?)<!-- \/path -->/.exec(document) as unknown as [string, string];
    expect(shown).toContain(pathTable(path));
  });
});
