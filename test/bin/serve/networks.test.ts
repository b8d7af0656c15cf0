import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { findPrograms } from "../../../bin/serve/bundle.ts";
import { capnpOf } from "../../../bin/serve/capnp.ts";
import { networksFor } from "../../../bin/serve/networks.ts";
import { readConfig } from "../../../src/config/read.ts";
import { startLocalOrigin } from "../../support/node/local-origin.ts";
import { freePort } from "../../support/node/ports.ts";

const origin = await startLocalOrigin("origin");
afterAll(() => origin.stop());

async function networks(urls: readonly string[], storeHosts: readonly string[] = ["10.0.0.9"]) {
  const origins = urls.map((url, at) => ({ id: `o${at}`, url }));
  const read = readConfig({ pools: [{ id: "shop", origins }], stores: { authority: { type: "redis-tcp" } } });
  if (read.kind !== "ok") throw new Error(JSON.stringify(read.mistakes));
  return networksFor(read.config, storeHosts);
}

it("has a way out for each address of an origin, and one for the store", async () => {
  const found = await networks(["http://10.0.0.5:9001", "http://10.0.0.5:9002", "http://[fd00::1]"]);
  expect(found.services.map(({ allow }) => allow)).toEqual([["10.0.0.5/32"], ["fd00::1/128"], ["10.0.0.9/32"]]);
  expect(Object.keys(found.bindings)).toEqual(["MOOR_ORIGIN_0_0", "MOOR_ORIGIN_0_1", "MOOR_ORIGIN_0_2"]);
});

it("refuses an origin whose name has no address here", async () => {
  await expect(networks(["http://no-such-host.invalid"])).rejects.toThrow(
    "pools[0].origins[0].url: found no-such-host.invalid, which has no address here",
  );
});

/** Asks for a URL by each way out, and by the general one. */
const PROBE = `
const ask = async (by, url) => { try { return (await by(url)).status } catch { return "not let out" } };
export default { async fetch(request, env) {
  const url = new URL(request.url).searchParams.get("url");
  const found = {};
  for (const [name, service] of Object.entries(env)) found[name] = await ask((to) => service.fetch(to), url);
  return Response.json({ ...found, general: await ask(fetch, url) });
} };`;

describe("in plain workerd", () => {
  it("leads to the origin by its own way out, and by no other", async () => {
    const { services, bindings } = await networks(["http://127.0.0.1:1", "http://127.0.0.2:1"]);
    const folder = await mkdtemp(join(tmpdir(), "moor-networks-"));
    const port = await freePort();
    await writeFile(join(folder, "worker.js"), PROBE);
    const own = {
      module: "worker.js",
      control: join(folder, "control.sock"),
      fromEnvironment: [],
      texts: {},
      certificates: [],
    };
    const text = capnpOf({ ...own, networks: services, bindings, sockets: { default: "default" } });
    await writeFile(join(folder, "server.capnp"), text.replace(/^.*name = "control", address.*$/m, ""));
    const { workerd } = await findPrograms();
    const child = spawn(workerd, ["serve", join(folder, "server.capnp"), "--socket-addr", `default=127.0.0.1:${port}`]);
    try {
      const ask = () =>
        fetch(`http://127.0.0.1:${port}/?url=${encodeURIComponent(origin.url)}`).then((answer) => answer.json());
      await expect.poll(() => ask().catch(() => undefined)).toBeDefined();
      expect(await ask()).toEqual({ MOOR_ORIGIN_0_0: 200, MOOR_ORIGIN_0_1: "not let out", general: "not let out" });
    } finally {
      child.kill("SIGKILL");
      await once(child, "exit");
      await rm(folder, { recursive: true, force: true });
    }
  });
});
