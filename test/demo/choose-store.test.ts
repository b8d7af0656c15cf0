/** @needs redis-server postgresql memcached */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { alive, remaining } from "../support/node/processes.ts";
import { type Demo, startDemo } from "./npm-start.ts";

let demo: Demo;
beforeAll(async () => {
  demo = await startDemo();
});
afterAll(() => demo?.interrupt());

/** A visitor who keeps cookies. */
function createVisitor({ url } = demo) {
  const cookies = new Map<string, string>();
  async function ask(path: string, fields?: Record<string, string>): Promise<string> {
    const headers = { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; ") };
    const body = fields && new URLSearchParams(fields);
    const method = fields ? "POST" : "GET";
    const response = await fetch(url + path, { method, headers, redirect: "manual", ...(body && { body }) });
    for (const line of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      cookies.set(name, value);
    }
    return response.text();
  }
  return {
    choose: (store: string) => ask("/.demo/store", { store }),
    add: (good: string) => ask("/basket/add", { good }),
    page: () => ask("/"),
    cookies,
  };
}

const answeredIn = (page: string) => /<li class="store answered" data-store="(\w+)">/.exec(page)?.[1];
const writtenIn = (page: string) => /data-fact="written">([^<]*)</.exec(page)?.[1];
const basketIn = (page: string) => [...page.matchAll(/class="count">([^<]*)</g)].map(([, text]) => text);
/** The page, once memory no longer answers. */
async function pageOfStore({ page }: ReturnType<typeof createVisitor>, store: string): Promise<string> {
  await expect.poll(async () => answeredIn(await page()), { timeout: 30_000, interval: 500 }).toBe(store);
  return page();
}

describe("npm start with several stores", () => {
  it.each([
    ["redis", "Redis"],
    ["postgres", "Postgres"],
    ["memcached", "memcached"],
  ])("keeps a session in %s, and the page says so", async (store, name) => {
    const visitor = createVisitor();
    await visitor.choose(store);
    await visitor.add("rope");
    await visitor.add("compass");
    expect(writtenIn(await visitor.page())).toBe(name);
    expect(basketIn(await pageOfStore(visitor, store))).toHaveLength(2);
  });

  it("has a basket of its own in each store, and finds it again", async () => {
    const visitor = createVisitor();
    await visitor.add("rope");
    await visitor.choose("postgres");
    expect(basketIn(await visitor.page())).toEqual([]);
    await visitor.add("rope");
    await visitor.add("compass");
    await visitor.choose("object");
    expect(basketIn(await visitor.page())).toHaveLength(1);
    await visitor.choose("postgres");
    expect(basketIn(await visitor.page())).toHaveLength(2);
  });

  it("keeps sessions in Durable Objects if another store is unknown", async () => {
    const visitor = createVisitor();
    await visitor.choose("oracle");
    await visitor.add("rope");
    expect(writtenIn(await visitor.page())).toBe("Durable Object");
  });

  it("leaves no process of a store behind", async () => {
    const own = await startDemo();
    const pids = await own.processes();
    const names = (await alive(pids)).join("\n");
    expect(names).toMatch(/postgres/);
    expect(names).toMatch(/memcached/);
    await own.interrupt();
    expect(await remaining(pids)).toEqual([]);
  });
});
