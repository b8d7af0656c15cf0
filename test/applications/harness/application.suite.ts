import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFailed } from "vitest";
import type { Application, Prepared } from "./application.ts";
import { type Pair, startPair } from "./pair.ts";
import { BROKEN, type Outcomes, type Result } from "./results.ts";

const REQUESTS = 50;
/** Applications start three times, and some take long on a busy machine. */
const LIMIT_MS = 300_000;

/** Plays the acts of a visitor against an application on two servers, kills each of them once, and notes the outcomes. */
export function describeApplication(application: Application): void {
  const { id, name, framework, lines, session, page, prepare, logIn, knows, openForm, logOut } = application;
  const outcomes: Outcomes = { works: BROKEN, requests: BROKEN, killed: BROKEN };

  describe(name, { timeout: LIMIT_MS }, () => {
    let out: string;
    let prepared: Prepared;
    let pair: Pair;

    beforeAll(async () => {
      out = await mkdtemp(join(tmpdir(), `moor-${id}-`));
      prepared = await prepare(out);
      pair = await startPair(name, prepared);
    }, LIMIT_MS);
    beforeEach(() => onTestFailed(() => console.error(pair.output().slice(-10_000))));
    afterAll(async () => {
      await pair?.stop();
      await prepared?.stop?.();
      await rm(out, { recursive: true, force: true });
      const folder = process.env.MOOR_APPLICATION_RESULTS;
      if (folder === undefined) return;
      const date = new Date().toISOString().slice(0, 10);
      const version = prepared?.version ?? "";
      const result: Result = { id, name, framework, version, lines, session, date, ...outcomes };
      await writeFile(join(folder, `${id}.json`), JSON.stringify(result));
    });

    /** A new visitor who is logged in. */
    async function visitor() {
      const browser = pair.browser();
      await logIn(browser);
      return browser;
    }

    it("logs a visitor in, takes a form, redirects within the site, and logs the visitor out", async () => {
      const browser = await visitor();
      const known = await browser.open(page);
      expect(known).toSatisfy(knows);
      expect(known.version > 0 ? "Moor" : "its own store").toBe(session);
      const send = await openForm(browser);
      expect((await send("first words")).text).toContain("first words");
      // A stranger must not look like a visitor who is logged in, or the other tests would show nothing.
      expect(await pair.browser().open(page)).not.toSatisfy(knows);
      await logOut(browser);
      expect(await browser.open(page)).not.toSatisfy(knows);
      outcomes.works = "works";
    });

    it(`answers ${REQUESTS} requests of a visitor by one server`, async () => {
      const browser = await visitor();
      const pages = [];
      for (let request = 0; request < REQUESTS; request++) pages.push(await browser.open(page));
      const known = pages.filter(knows).length;
      const servers = new Set(pages.map(({ server }) => server)).size;
      expect({ known, servers }).toEqual({ known: REQUESTS, servers: 1 });
      outcomes.requests = `${known} of ${REQUESTS}, one server`;
    });

    it("keeps a visitor logged in, and their open form valid, when either server is killed", {
      timeout: LIMIT_MS,
    }, async () => {
      for (const server of ["a", "b"] as const) {
        let browser = await visitor();
        while ((await browser.open(page)).server !== server) browser = await visitor();
        const other = server === "a" ? "b" : "a";
        const send = await openForm(browser);
        await pair.without(server, page, async () => {
          const known = await browser.open(page);
          expect(known).toSatisfy(knows);
          expect(known.server).toBe(other);
          const words = `words without ${server}`;
          expect((await send(words)).text).toContain(words);
        });
        // The server is another process now, and Moor gives the visitor back to it.
        const back = await browser.open(page);
        expect(back).toSatisfy(knows);
        expect(back.server).toBe(server);
        const again = await openForm(browser);
        expect((await again(`words after ${server}`)).text).toContain(`words after ${server}`);
      }
      outcomes.killed = "logged in, both orders";
    });
  });
}
