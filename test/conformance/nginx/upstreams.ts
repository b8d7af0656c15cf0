import type { Asking } from "../../support/node/client.ts";

/**
 * The servers in the upstreams below: the servers that answer, by position, and an address on which no server listens.
 */
export interface Places {
  /** `127.0.0.1:PORT` of each. */
  readonly alive: readonly string[];
  readonly dead: string;
}

/** A mapping of nginx that is compared with Moor's. */
export interface Mapping {
  readonly name: string;
  /** The contents of the `upstream` block. */
  readonly block: (places: Places) => string;
  /** The i-th of its requests. */
  readonly ask: (i: number) => Asking & { readonly query?: string };
}

/** 32 bits that look random, the same for the same `i`. */
function scattered(i: number): number {
  let bits = Math.imul(i + 1, 0x9e3779b1);
  bits = Math.imul(bits ^ (bits >>> 15), 0x85ebca6b);
  return (bits ^ (bits >>> 13)) >>> 0;
}

const hex = (i: number) => scattered(i).toString(16).padStart(8, "0");
const from = (ip: string) => ({ headers: { "CF-Connecting-IP": ip } });

const byIpv4 = (i: number) => from([24, 16, 8, 0].map((shift) => (scattered(i) >>> shift) & 255).join("."));
const byIpv6 = (i: number) => {
  const [a, b] = [hex(i), hex(i + 7_000)];
  const forms = [
    `2001:db8::${a.slice(0, 4)}:${a.slice(4)}`,
    `2001:0db8:0:0:${a.slice(0, 4)}:0:0:${b.slice(0, 4)}`,
    `2001:DB8:${a.slice(0, 4)}:${a.slice(4)}:${b.slice(0, 4)}:${b.slice(4)}:0:1`,
    `::ffff:${(scattered(i) >>> 24) & 255}.7.8.${i & 255}`,
    `::${b.slice(4)}`,
    `::1${a.slice(0, 3)}:${b.slice(0, 4)}`,
    `fe80:0:0:0:0:0:0:${a.slice(4)}`,
  ];
  return from(forms[i % forms.length] as string);
};
const byCookie = (i: number) => ({ headers: { Cookie: `theme=dark; sid=${hex(i)}${i}; last=1` } });
const byOddCookie = (i: number) => {
  const forms = [
    `SID=${hex(i)}`,
    `sid = ${hex(i)}`,
    `sidx=1; sid="${hex(i)} x"`,
    `a=1,sid=${hex(i)}`,
    `sid=s%3A${hex(i)}.+/=`,
  ];
  return { headers: { Cookie: forms[i % forms.length] as string } };
};
const byUtf8Cookie = (i: number) => ({ headers: { Cookie: Buffer.from(`sid=clé-${i}-キー`).toString("latin1") } });
const byQuery = (i: number) => ({ query: `?a=1&${i % 2 ? "item" : "ITEM"}=${hex(i)}%20+${i}&z=2` });
const byHeader = (i: number) => ({ headers: { "X-Tenant": `tenant ${hex(i)}` } });
const byAll = (i: number) => ({ ...byQuery(i), headers: { ...byIpv4(i).headers, ...byCookie(i).headers } });

// A single failed request must not have nginx leave a live server out for ten seconds.
const plain = ({ alive }: Places) => alive.map((server) => `server ${server} max_fails=0;`).join(" ");
const weighted = ({ alive }: Places) =>
  alive.map((server, i) => `server ${server} weight=${1 + (i % 4)} max_fails=0;`).join(" ");
const oneDown = ({ alive }: Places) =>
  alive.map((server, i) => `server ${server} weight=${1 + (i % 2)} max_fails=0${i === 2 ? " down" : ""};`).join(" ");
const oneDead = (places: Places) => `server ${places.dead}; ${weighted(places)}`;
const twoOf = ({ alive }: Places) =>
  `server ${alive[0]} weight=3 max_fails=0; server ${alive[1]} weight=2 max_fails=0;`;
const backedUp = (places: Places) =>
  `server ${places.dead}; server ${places.dead} weight=2; server ${places.alive[3]} backup;`;
const spare = (places: Places) => `${twoOf(places)} server ${places.alive[4]} backup;`;

/** `CONF` of `hash` and the like, then the servers. */
const of = (conf: string, servers: (places: Places) => string) => (places: Places) => `${conf}; ${servers(places)}`;
/** nginx refuses a backup behind the line of the method, and takes it before. */
const after = (conf: string, servers: (places: Places) => string) => (places: Places) => `${servers(places)} ${conf};`;

export const MAPPINGS: readonly Mapping[] = [
  { name: "ip-plain", block: of("ip_hash", plain), ask: byIpv4 },
  { name: "ip-weighted", block: of("ip_hash", weighted), ask: byIpv4 },
  { name: "ip-down", block: of("ip_hash", oneDown), ask: byIpv4 },
  { name: "ip-dead", block: of("ip_hash", oneDead), ask: byIpv4 },
  { name: "ip-v6", block: of("ip_hash", weighted), ask: byIpv6 },
  { name: "hash-cookie", block: of("hash $cookie_sid", plain), ask: byCookie },
  { name: "hash-cookie-weighted", block: of("hash $cookie_sid", weighted), ask: byCookie },
  { name: "hash-cookie-down", block: of("hash $cookie_sid", oneDown), ask: byCookie },
  { name: "hash-cookie-dead", block: of("hash $cookie_sid", oneDead), ask: byCookie },
  { name: "hash-cookie-odd", block: of("hash $cookie_sid", weighted), ask: byOddCookie },
  { name: "hash-cookie-utf8", block: of("hash $cookie_sid", weighted), ask: byUtf8Cookie },
  { name: "hash-query", block: of("hash $arg_item", plain), ask: byQuery },
  { name: "hash-request-uri", block: of("hash $request_uri", plain), ask: byQuery },
  { name: "hash-address", block: of("hash $remote_addr", weighted), ask: byIpv6 },
  { name: "hash-binary-address", block: of("hash $binary_remote_addr", weighted), ask: byIpv6 },
  { name: "hash-binary-address-v4", block: of("hash $binary_remote_addr", plain), ask: byIpv4 },
  { name: "hash-backup", block: after("hash $cookie_sid", backedUp), ask: byCookie },
  { name: "hash-spare", block: after("hash $cookie_sid", spare), ask: byCookie },
  { name: "chash-cookie", block: of("hash $cookie_sid consistent", plain), ask: byCookie },
  { name: "chash-cookie-weighted", block: of("hash $cookie_sid consistent", weighted), ask: byCookie },
  { name: "chash-cookie-down", block: of("hash $cookie_sid consistent", oneDown), ask: byCookie },
  { name: "chash-cookie-dead", block: of("hash $cookie_sid consistent", oneDead), ask: byCookie },
  { name: "chash-header", block: of("hash $http_x_tenant consistent", twoOf), ask: byHeader },
  { name: "chash-binary-address", block: of("hash $binary_remote_addr consistent", plain), ask: byIpv4 },
  // biome-ignore lint/suspicious/noTemplateCurlyInString: so nginx writes a variable that text follows.
  { name: "chash-joined", block: of('hash "$remote_addr:${cookie_sid}-$arg_item" consistent', weighted), ask: byAll },
];
