import { CRC_START, finishCrc, updateCrc } from "./crc32.ts";
import { createWeightedPick, type NginxServer, type Picks } from "./tries.ts";

const encoder = new TextEncoder();

/** `hash KEY` (ngx_http_upstream_hash_module.c): after a server that cannot serve, the key is hashed again behind a number. */
export function createHash(servers: readonly NginxServer[]): Picks {
  const at = createWeightedPick(servers.map(({ weight }) => weight));
  return (key) => {
    let sum = 0;
    let rehash = 0;
    return () => {
      const state = rehash === 0 ? CRC_START : updateCrc(CRC_START, encoder.encode(String(rehash)));
      sum = (sum + ((finishCrc(updateCrc(state, key)) >>> 16) & 0x7fff)) >>> 0;
      rehash++;
      return at(sum);
    };
  };
}
