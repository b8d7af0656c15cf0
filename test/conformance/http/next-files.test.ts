/** @without-login */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunningExample, startExample } from "../../examples/running-example.ts";
import { Client } from "../../support/node/client.ts";
import { buildNextApp, nextStart } from "../../support/node/next-app.ts";
import { freePort } from "../../support/node/ports.ts";
import { type Site, startSite } from "../../support/node/site.ts";
import { describeWithTestPackages } from "../../support/node/test-packages.ts";
import { TEST_ISSUER } from "../../support/node/workerd.ts";

describeWithTestPackages(() =>
  describe("the static files of a built Next.js, on a route with sessions", () => {
    let next: RunningExample;
    let site: Site;
    let direct: Client;
    let visitor: Client;
    const paths: string[] = [];

    beforeAll(async () => {
      const port = await freePort();
      const { argv, env } = nextStart(await buildNextApp(), port);
      site = await startSite([{ name: "next", url: `http://127.0.0.1:${port}` }]);
      const url = `http://127.0.0.1:${site.moor.port}`;
      next = await startExample(argv, port, { ...env, MOOR_ISSUER: TEST_ISSUER, MOOR_AUDIENCE: "shop", MOOR_URL: url });
      direct = new Client(port);
      visitor = site.client();
      const page = await visitor.ask("/");
      expect(visitor.token).toBeDefined();
      paths.push("/health", ...new Set(page.text.match(/\/_next\/static\/[\w./~-]+\.(?:js|css)/g)));
    }, 600_000);
    afterAll(async () => {
      await Promise.all([site?.stop(), next?.stop()]);
      direct?.close();
    });

    it.each(["If-None-Match", "If-Modified-Since"])(
      "answer %s with 304 through Moor as they do directly",
      async (by) => {
        expect(paths.length).toBeGreaterThan(2);
        for (const path of paths) {
          const first = await visitor.ask(path);
          expect([path, first.status]).toEqual([path, 200]);
          const validator = first.headers[by === "If-None-Match" ? "etag" : "last-modified"];
          expect(validator).toBeDefined();
          const headers = { [by]: String(validator) };
          const answers = [await direct.ask(path, { headers }), await visitor.ask(path, { headers })];
          expect([path, ...answers.map(({ status, bytes }) => [status, bytes.length])]).toEqual([
            path,
            [304, 0],
            [304, 0],
          ]);
          expect(answers[1]?.headers["cache-control"]).toBe(answers[0]?.headers["cache-control"]);
        }
      },
    );
  }),
);
