/** The 4 bytes of an IPv4 address, or the 16 of an IPv6 address. Empty: no address. */
export type Address = Uint8Array;

/** How many leading bits say that an IPv6 address is a mapped IPv4 address (RFC 4291, 2.5.5.2). */
const MAPPED_BITS = 96;

/** Reads an IP address in any of its usual forms; `undefined` if the text is not an address. */
export function parseAddress(text: string): Address | undefined {
  if (!text.includes(":")) return parseIpv4(text);
  // An IPv6 address may end in an IPv4 address, which stands for its last two groups.
  const last = text.slice(text.lastIndexOf(":") + 1);
  const tail = last.includes(".") ? parseIpv4(last) : undefined;
  if (last.includes(".") && !tail) return undefined;
  const [head = "", rest, ...more] = (tail ? text.slice(0, -last.length) + groupsOf(tail) : text).split("::");
  if (more.length > 0) return undefined;
  const before = head === "" ? [] : head.split(":");
  const after = rest === undefined || rest === "" ? [] : rest.split(":");
  const missing = 8 - before.length - after.length;
  if (rest === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...before, ...Array<string>(missing).fill("0"), ...after];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return Uint8Array.from(
    groups.map((group) => Number.parseInt(group, 16)).flatMap((group) => [group >> 8, group & 255]),
  );
}

/**
 * The text of an address as nginx prints it (ngx_inet6_ntop): the first longest run of zeros is left out. Empty for no address.
 */
export function formatAddress(address: Address): string {
  if (address.length !== 16) return address.join(".");
  const groups = Array.from(
    { length: 8 },
    (_, i) => ((address[2 * i] as number) << 8) | (address[2 * i + 1] as number),
  );
  const { start, length } = longestZeros(groups);
  const endsInIpv4 =
    start === 0 &&
    ((length === 5 && groups[5] === 0xffff) ||
      length === 6 ||
      (length === 7 && address[14] !== 0 && address[15] !== 1));
  const hex = groups.map((group) => group.toString(16));
  const texts = endsInIpv4 ? [...hex.slice(0, 6), address.slice(12).join(".")] : hex;
  if (length < 2) return texts.join(":");
  const end = endsInIpv4 ? Math.min(length, 6) : start + length;
  return `${texts.slice(0, start).join(":")}::${texts.slice(end).join(":")}`;
}

/**
 * The network of so many leading bits that an address lies in, as in `2001:db8:1:2::/64`. An IPv4 address that is mapped into IPv6
 * counts as IPv4. A text that is not an address stays as it is.
 *
 * @param ipv4Bits default: the whole address, as the text is written.
 * @param ipv6Bits likewise.
 */
export function prefixOf(text: string, ipv4Bits?: number, ipv6Bits?: number): string {
  const parsed = ipv4Bits === undefined && ipv6Bits === undefined ? undefined : parseAddress(text);
  if (!parsed) return text;
  const address = isMapped(parsed) ? parsed.slice(12) : parsed;
  const all = address.length * 8;
  const bits = (address.length === 4 ? ipv4Bits : ipv6Bits) ?? all;
  const network = address.map((byte, index) => byte & (0xff00 >> Math.min(Math.max(bits - index * 8, 0), 8)));
  return bits === all ? formatAddress(network) : `${formatAddress(network)}/${bits}`;
}

/** A block of addresses: CIDR (RFC 4632). */
export interface Network {
  readonly address: Address;
  /** How many leading bits count. */
  readonly bits: number;
}

/**
 * Reads an address or a block, as in `203.0.113.0/24`; `undefined` if the text is neither. An IPv4 block that is mapped into IPv6, as in
 * `::ffff:203.0.113.0/120`, is that IPv4 block.
 */
export function parseNetwork(text: string): Network | undefined {
  const [, ip = "", length] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const address = parseAddress(ip);
  const most = address ? address.length * 8 : 0;
  const bits = length === undefined ? most : Number(length);
  if (!address || bits > most) return undefined;
  if (!isMapped(address)) return { address, bits };
  // A shorter prefix would reach beyond the mapped addresses.
  return bits < MAPPED_BITS ? undefined : { address: address.slice(12), bits: bits - MAPPED_BITS };
}

/** Whether a block has an address in it. */
export function isWithin(address: string, { address: first, bits }: Network): boolean {
  return prefixOf(address, bits, bits) === prefixOf(formatAddress(first), bits, bits);
}

function isMapped(address: Address): boolean {
  return (
    address.length === 16 &&
    address[10] === 0xff &&
    address[11] === 0xff &&
    address.subarray(0, 10).every((byte) => byte === 0)
  );
}

function longestZeros(groups: readonly number[]): { start: number; length: number } {
  let longest = { start: -1, length: 1 };
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === 0) length++;
    if (length > longest.length) longest = { start, length };
    start += length;
  }
  return longest;
}

function parseIpv4(text: string): Address | undefined {
  const parts = text.split(".");
  const isAddress = parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255);
  return isAddress ? Uint8Array.from(parts, Number) : undefined;
}

function groupsOf(ipv4: Address): string {
  const [a = 0, b = 0, c = 0, d = 0] = ipv4;
  return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
}
