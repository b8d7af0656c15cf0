/** @quick */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { freePort } from "../../bin/port.ts";
import { freePort as reservedPort } from "../support/node/ports.ts";

/** Some machines have no IPv6. */
const loopback = Object.values(networkInterfaces()).flatMap((all) => all?.filter(({ internal }) => internal) ?? []);
const addresses = ["0.0.0.0", "127.0.0.1", ...(loopback.some(({ address }) => address === "::1") ? ["::1"] : [])];

async function listenOn(host: string): Promise<number> {
  const server = createServer().listen(0, host);
  onTestFinished(() => void server.close());
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

describe("a free port", () => {
  it("is itself, and stays free", async () => {
    const port = await freePort(0);
    expect(port).toBeGreaterThan(0);
    expect(await freePort(port)).toBe(port);
  });

  it("is below the ports that the system gives to connections, so that no connection takes it", async () => {
    const range = await readFile("/proc/sys/net/ipv4/ip_local_port_range", "utf8");
    const ports = await Promise.all(Array.from({ length: 50 }, () => freePort(0)));
    expect(Math.max(...ports)).toBeLessThan(Number.parseInt(range, 10));
    expect(new Set(ports).size).toBeGreaterThan(40);
  });

  it("of a test is given once, so that two servers that start later do not share it", async () => {
    const ports = new Set<number>();
    for (let count = 0; count < 600; count++) ports.add(await reservedPort());
    expect(ports.size).toBe(600);
  });

  it("of a test is no other process's while the test's process runs, though nothing listens on it", async () => {
    const port = await reservedPort();
    const bind = `require("node:dgram").createSocket("udp4").bind({ port: ${port}, address: "127.0.0.1" }).unref()`;
    await expect(promisify(execFile)(process.execPath, ["--eval", bind])).rejects.toThrow("EADDRINUSE");
  });

  it.each(addresses)("is not a port on which a server listens at %s", async (host) => {
    const port = await listenOn(host);
    await expect(freePort(port)).rejects.toMatchObject({
      name: "CommandError",
      code: "port",
      message: expect.stringMatching(`^port ${port} is taken on (127.0.0.1|::1), choose another$`),
    });
  });
});
