import { CRC_START, crc32, finishCrc, updateCrc } from "./crc32.ts";
import type { NginxServer, Picks } from "./tries.ts";

/** Points on the ring for each unit of weight, as of Cache::Memcached::Fast. */
const POINTS = 160;

const encoder = new TextEncoder();

/** `hash KEY consistent` (ngx_http_upstream_hash_module.c): a ketama ring of 160 points for each unit of weight. */
export function createChash(servers: readonly NginxServer[]): Picks {
  const { points, owners } = createRing(servers);
  return (key) => {
    let at = firstAtOrAfter(points, crc32(key));
    return (skipped) => {
      if (skipped) at++;
      return owners[at % owners.length] as number;
    };
  };
}

function createRing(servers: readonly NginxServer[]): { points: Uint32Array; owners: Uint32Array } {
  const all = servers.flatMap(({ name, weight }, owner) => pointsOf(name, weight).map((point) => ({ point, owner })));
  // The sort is stable: of equal points the server that comes first keeps its own.
  const sorted = all.sort((one, other) => one.point - other.point);
  const ring = sorted.filter(({ point }, index) => index === 0 || point !== sorted[index - 1]?.point);
  return {
    points: Uint32Array.from(ring, ({ point }) => point),
    owners: Uint32Array.from(ring, ({ owner }) => owner),
  };
}

function pointsOf(name: string, weight: number): number[] {
  const { host, port } = splitName(name);
  const base = updateCrc(CRC_START, encoder.encode(`${host}\0${port}`));
  const points: number[] = [];
  const previous = new DataView(new ArrayBuffer(4));
  for (let count = 0; count < weight * POINTS; count++) {
    const point = finishCrc(updateCrc(base, new Uint8Array(previous.buffer)));
    points.push(point);
    previous.setUint32(0, point, true);
  }
  return points;
}

/** The host and the port as nginx splits them: text after the last colon is a port if it consists of digits only. */
function splitName(name: string): { host: string; port: string } {
  if (/^unix:/i.test(name)) return { host: name.slice("unix:".length), port: "" };
  const [, host = name, port = ""] = /^(.*):(\d*)$/s.exec(name) ?? [];
  return { host, port };
}

function firstAtOrAfter(points: Uint32Array, value: number): number {
  let low = 0;
  let high = points.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((points[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
