import { expect } from "vitest";
import type { Answer } from "../support/node/client.ts";
import { freePort } from "../support/node/ports.ts";
import { startSite } from "../support/node/site.ts";
import { TEST_ISSUER } from "../support/node/workerd.ts";
import { type DropIn, startServer } from "./conformance/drop-in.ts";

/** Two servers of an application behind a real Moor. */
export type Pair = Awaited<ReturnType<typeof startPair>>;

/** A browser that follows redirects and sends forms. */
export type Browser = ReturnType<Pair["browser"]>;

/** Starts Moor before two servers, a and b, of an application. */
export async function startPair(command: DropIn["command"], out: string) {
  const ports = { a: await freePort(), b: await freePort() };
  const site = await startSite([], {
    explain: true,
    pools: [
      {
        id: "app",
        origins: Object.entries(ports).map(([id, port]) => ({ id, url: `http://127.0.0.1:${port}` })),
        outlierDetection: { baseEjectionSeconds: 1 },
      },
    ],
  });
  const settings = { MOOR_ISSUER: TEST_ISSUER, MOOR_AUDIENCE: "app", MOOR_URL: `http://127.0.0.1:${site.moor.port}` };
  const start = (name: "a" | "b") => startServer({ name, command }, out, settings, { name, port: ports[name] });
  const servers = { a: await start("a"), b: await start("b") };
  // `explain` names the server in `Server-Timing`.
  const serverOf = ({ headers }: Answer) => /origin=(a|b)\b/.exec(String(headers["server-timing"]))?.[1] as "a" | "b";

  return {
    /** Kills the server that has answered, runs `meanwhile`, starts the server again, and waits until Moor uses it. */
    async without(server: "a" | "b", meanwhile: () => Promise<void>) {
      await servers[server].kill();
      await meanwhile();
      servers[server] = await start(server);
      // A new visitor meets either server, unless one is ejected.
      await expect.poll(async () => serverOf(await site.client().ask("/"))).toBe(server);
    },
    browser() {
      const client = site.client();
      const seen = (answer: Answer) => {
        expect(answer.status, answer.text.slice(0, 2_000)).toBe(200);
        return { server: serverOf(answer), text: answer.text };
      };
      const follow = async (answer: Answer): Promise<Answer> => {
        const location = answer.headers.location;
        return location === undefined ? answer : follow(await client.ask(String(location)));
      };
      return {
        /** The names of cookies that are not Moor's. An application that keeps its session in a cookie would survive without Moor. */
        otherCookies: () => [...client.cookies.keys()].filter((name) => !name.startsWith("__Host-moor")),
        /** The page at a path, and the server that answered. */
        open: async (path: string) => seen(await follow(await client.ask(path))),
        /** The page that a form leads to. */
        async submit(path: string, fields: Record<string, string>) {
          const body = String(new URLSearchParams(fields));
          const headers = {
            Origin: "https://shop.test",
            "Content-Type": "application/x-www-form-urlencoded",
            "Content-Length": String(body.length),
          };
          return seen(await follow(await client.ask(path, { method: "POST", headers, body })));
        },
      };
    },
    async stop() {
      await Promise.all([servers.a.kill(), servers.b.kill(), site.stop()]);
    },
  };
}
