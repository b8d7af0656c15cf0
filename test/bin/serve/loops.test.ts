import { networkInterfaces } from "node:os";
import { describe, expect, it } from "vitest";
import { loopMarks, loopMistakes } from "../../../bin/serve/loops.ts";
import { networksFor } from "../../../bin/serve/networks.ts";
import { addressOf } from "../../../bin/serve/sockets.ts";
import { readConfig } from "../../../src/config/read.ts";
import { parseKeyRing } from "../../../src/inbound/token/key-ring.ts";

const ring = (...letters: string[]) =>
  parseKeyRing(letters.map((letter, at) => `${at + 1}:${letter.repeat(43)}`).join(","), "MOOR_STORE_KEYS");

describe("the marks of a site", () => {
  it("are the same at all of its processes, and of no other site", () => {
    expect(loopMarks(ring("A"))).toEqual(loopMarks(ring("A")));
    expect(loopMarks(ring("E")).own).not.toBe(loopMarks(ring("A")).own);
    expect(loopMarks(ring("A")).own).toMatch(/^moor-[\da-f]{32}$/);
  });

  it("are known by each process while the keys change", () => {
    expect(loopMarks(ring("A", "E")).known).toContain(loopMarks(ring("E", "A")).own);
    expect(loopMarks(ring("E", "A")).known).toContain(loopMarks(ring("A", "E")).own);
  });
});

describe("an origin whose address is an address of the process itself", () => {
  async function mistakes(url: string, listen: string, flag = "--listen") {
    const origins = [
      { id: "other", url: "http://203.0.113.251:9001" },
      { id: "self", url },
    ];
    const read = readConfig({ pools: [{ id: "shop", origins }], stores: { authority: { type: "redis-tcp" } } });
    if (read.kind !== "ok") throw new Error(JSON.stringify(read.mistakes));
    return loopMistakes(read.config, await networksFor(read.config, []), { [flag]: addressOf(flag, listen) });
  }
  const outside = Object.values(networkInterfaces()).flatMap((some) => some ?? []);
  const own = outside.find(({ family }) => family === "IPv4")?.address ?? "127.0.0.1";

  it.each([
    ["http://127.0.0.1:8080", "127.0.0.1:8080"],
    ["http://localhost:8080/base", "127.0.0.1:8080"],
    ["http://127.3.2.1:8080", "0.0.0.0:8080"],
    ["http://[::1]:8080", "[::]:8080"],
    ["http://127.0.0.1:8080", "[::]:8080"],
    ["http://[::1]", "[::1]:80"],
    ["https://127.0.0.1", "127.0.0.1:443"],
    [`http://${own}:8080`, "0.0.0.0:8080"],
  ])("is refused: %s while it listens at %s", async (url, listen) => {
    expect(await mistakes(url, listen)).toEqual([
      {
        path: "pools[0].origins[1].url",
        found: `${JSON.stringify(url)}, which is --listen of this process`,
        accepted: "the address of a server of yours",
      },
    ]);
  });

  it("is refused at the sockets of its health and of its operators as well", async () => {
    expect(await mistakes("http://127.0.0.1:8081", "127.0.0.1:8081", "--health")).toHaveLength(1);
  });

  it.each([
    ["http://127.0.0.1:8081", "127.0.0.1:8080"],
    ["http://127.0.0.2:8080", "127.0.0.1:8080"],
    ["http://203.0.113.250:8080", "0.0.0.0:8080"],
    ["http://127.0.0.1:8080", "127.0.0.1:0"],
  ])("is another server: %s while it listens at %s", async (url, listen) => {
    expect(await mistakes(url, listen)).toEqual([]);
  });
});
