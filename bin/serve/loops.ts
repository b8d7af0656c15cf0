import { createHmac } from "node:crypto";
import { networkInterfaces } from "node:os";
import type { ResolvedConfig } from "../../src/config/resolved.ts";
import type { KeyRing } from "../../src/inbound/token/key-ring.ts";
import { isWithin, type Network, parseNetwork } from "../../src/lib/ip-address.ts";
import type { LoopMarks } from "../../src/serve/loops.ts";
import { bindingOf } from "../../src/serve/origin-services.ts";
import { describe, type Mistake } from "../../src/settings/mistakes.ts";
import type { Networks } from "./networks.ts";
import type { ListenAddress } from "./sockets.ts";

const MARK_HEX_DIGITS = 32;

/** The marks of a site, one for each key of the ring. No key can be told from its mark. */
export function loopMarks(ring: KeyRing): LoopMarks {
  const known = ring.map(({ secret }) => {
    const mac = createHmac("sha256", secret).update("moor loop mark").digest("hex");
    return `moor-${mac.slice(0, MARK_HEX_DIGITS)}`;
  });
  return { own: known[0] as string, known };
}

/**
 * The origins whose address is an address of this process itself.
 *
 * @param addresses where the process listens, by the flags that say so.
 */
export function loopMistakes(
  { pools }: ResolvedConfig,
  { services, bindings }: Networks,
  addresses: Readonly<Record<string, ListenAddress>>,
): Mistake[] {
  const listening = Object.entries(addresses).map(([flag, address]) => ({
    flag,
    ...address,
    networks: ownOf(address),
  }));
  const mistakes: Mistake[] = [];
  for (const [at, { origins }] of pools.entries()) {
    for (const [nth, { url }] of origins.entries()) {
      const service = services.find(({ name }) => name === bindings[bindingOf(at, nth)]);
      const reached = (service?.allow ?? []).map((block) => block.slice(0, block.indexOf("/")));
      const { protocol, port } = new URL(url);
      const own = listening.find(
        (socket) =>
          socket.port === Number(port || (protocol === "https:" ? 443 : 80)) &&
          reached.some((address) => socket.networks.some((network) => isWithin(address, network))),
      );
      if (!own) continue;
      const found = `${describe(url)}, which is ${own.flag} of this process`;
      mistakes.push({ path: `pools[${at}].origins[${nth}].url`, found, accepted: "the address of a server of yours" });
    }
  }
  return mistakes;
}

/** The addresses by which a socket is reached. A socket at no certain address is reached by all of this machine. */
function ownOf({ host }: ListenAddress): Network[] {
  const isAny = /^[0.]+$/.test(host) || /^[0:]+$/.test(host);
  const interfaces = Object.values(networkInterfaces()).flatMap((some) => some?.map(({ address }) => address) ?? []);
  const texts = isAny ? [...interfaces, "127.0.0.0/8", "::1", "0.0.0.0", "::"] : [host];
  return texts.flatMap((text) => parseNetwork(text) ?? []);
}
