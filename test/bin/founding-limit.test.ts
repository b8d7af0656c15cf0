import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { createVisitor, fronting, readyUrl, startServer } from "./moor-dev.ts";
import { createProject } from "./project.ts";

const LIMIT = 8;

it("an address that has more sessions founded in a minute than wrangler.toml allows is told 429, and nobody else is", async () => {
  const project = await createProject();
  const settings = await readFile("wrangler.toml", "utf8");
  const limited = settings.replace("{ limit = 600, period = 60 }", `{ limit = ${LIMIT}, period = 60 }`);
  expect(limited).not.toBe(settings);
  await project.write("wrangler.toml", limited);
  const url = await readyUrl(await fronting(project, [await startServer("one")]));
  const member = createVisitor();
  await member(`${url}/visit`);

  let refused: Response | undefined;
  // The window may pass once while they are founded.
  for (let founded = 1; !refused && founded <= 2 * LIMIT; founded++) {
    const response = await fetch(`${url}/visit`);
    if (response.ok) await response.arrayBuffer();
    else refused = response;
  }
  expect(refused?.status).toBe(429);
  expect(refused?.headers.get("Retry-After")).toBe("60");
  expect(refused?.headers.getSetCookie()).toEqual([]);
  expect(await refused?.json()).toMatchObject({ code: "too_many_new_sessions" });

  expect(await member(`${url}/visit`)).toMatchObject({ name: "one", session: { data: { visited: "one" } } });
  expect((await fetch(`${url}/`)).status).toBe(200);
});
