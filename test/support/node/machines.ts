import { execFile } from "node:child_process";
import { randomInt } from "node:crypto";
import { promisify } from "node:util";

const ip = async (...args: string[]) => void (await promisify(execFile)("ip", args));

/** Machines that share nothing but a network: a network namespace each. */
export interface Machines {
  /** The address of this machine in their network. */
  readonly address: string;
  readonly all: readonly Machine[];
  stop(): Promise<void>;
}

export interface Machine {
  readonly address: string;
  /** The words before a command that is to run there. */
  readonly within: readonly string[];
  /** Pulls its cable: from now on no packet arrives, and none leaves. */
  cutOff(): Promise<void>;
  /** Plugs its cable in again. */
  connect(): Promise<void>;
}

/** Why this machine can have no further machines; `undefined`: it can. With `CI` in the environment, it must. */
export function noMachinesHere({ CI }: Readonly<Record<string, string | undefined>> = process.env): string | undefined {
  return CI || process.getuid?.() === 0 ? undefined : "network namespaces need root";
}

/** Makes machines whose network is a bridge of this machine. */
export async function startMachines(count: number): Promise<Machines> {
  const id = randomInt(16, 255);
  const name = `moor${id}x${randomInt(1_000)}`;
  const addressOf = (nth: number) => `10.77.${id}.${nth}`;
  await ip("link", "add", name, "type", "bridge");
  await ip("addr", "add", `${addressOf(1)}/24`, "dev", name);
  await ip("link", "set", name, "up");
  const all: Machine[] = [];
  for (let nth = 1; nth <= count; nth++) {
    const [space, cable] = [`${name}-${nth}`, `${name}v${nth}`];
    await ip("netns", "add", space);
    await ip("link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", space);
    await ip("link", "set", cable, "master", name, "up");
    await ip("-n", space, "addr", "add", `${addressOf(10 + nth)}/24`, "dev", "eth0");
    await ip("-n", space, "link", "set", "eth0", "up");
    await ip("-n", space, "link", "set", "lo", "up");
    all.push({
      address: addressOf(10 + nth),
      within: ["ip", "netns", "exec", space],
      cutOff: () => ip("link", "set", cable, "down"),
      connect: () => ip("link", "set", cable, "up"),
    });
  }
  return {
    address: addressOf(1),
    all,
    async stop() {
      for (const { within } of all) await ip("netns", "del", within[3] as string);
      await ip("link", "del", name);
    },
  };
}
