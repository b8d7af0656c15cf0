/** @needs nginx php-fpm php-cli apache2-bin tomcat10-common ruby-sinatra puma golang-go maven */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startPathOrigins } from "./origins.ts";
import type { PathOrigin } from "./path-origin.ts";
import { type Search, searchHoles } from "./search.ts";

const COUNT = 4_000;
const SEED = 20_600_121;

let origins: readonly PathOrigin[];
let search: Search;
beforeAll(async () => {
  origins = await startPathOrigins();
  search = await searchHoles(origins, COUNT, SEED);
});
afterAll(async () => {
  for (const origin of origins) await origin.stop();
});

describe("the servers of the examples, nginx with PHP, Tomcat and Apache", () => {
  it("serve no guarded page for a path that no guard holds back", () => expect(search.leaks).toEqual([]));

  it("were asked for hundreds of such paths", () => expect(search.open).toBeGreaterThan(300));

  it("each serve guarded pages for some of the paths that a guard holds back", () => {
    expect(Object.keys(search.secretsBehindGuards)).toHaveLength(11);
    for (const [name, served] of Object.entries(search.secretsBehindGuards)) expect(served, name).toBeGreaterThan(0);
  });
});
