/** The state of a CRC before its first byte. */
export const CRC_START = 0xffffffff;

/** CRC-32 of IEEE 802.3, reflected, by bytes. */
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/** CRC-32 of some bytes, unsigned. */
export function crc32(bytes: Uint8Array): number {
  return finishCrc(updateCrc(CRC_START, bytes));
}

/** Adds bytes to an unfinished CRC. */
export function updateCrc(state: number, bytes: Uint8Array): number {
  let crc = state;
  for (const byte of bytes) crc = (TABLE[(crc ^ byte) & 0xff] as number) ^ (crc >>> 8);
  return crc;
}

/** The finished CRC of all bytes that a state has taken in, unsigned. */
export function finishCrc(state: number): number {
  return (state ^ 0xffffffff) >>> 0;
}
