import fc from "fast-check";
import { readAddress } from "../../../src/inbound/address.ts";
import { headerText } from "../forged.ts";
import { demand, type Target } from "../target.ts";

interface Asked {
  readonly url: string;
  readonly host: string | undefined;
}

const name = fc.constantFrom(
  ...[
    "shop.test",
    "SHOP.test.",
    "shop.test:8443",
    "a@evil.test",
    "a/../b",
    "127.0.0.1",
    "127.0.0.1.evil.test",
    "localhost",
  ],
  ...[
    "[::1]",
    "[::1",
    "localhost.evil.test",
    "evil.test\\.localhost",
    "shop.test#",
    "shop.test?",
    "",
    "*",
    "xn--",
    "a..b",
    "%6c",
  ],
);
const host = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom("shop.test", "SHOP.test.", "localhost:8787", "[::1]", "127.0.0.1") },
  { weight: 3, arbitrary: name },
  { weight: 1, arbitrary: headerText(30) },
);
const piece = fc.oneof(
  fc.constantFrom("/", "//", "/..", "/%2e%2e", "\\", "%2F", "%00", "?a=1", "#x", "@", "*", " ", "\u00e9", "%zz", ";"),
  headerText(8),
);

/** The target and the `Host` of requests as they arrive: workerd hands the URL on as it was sent. */
export const addresses: Target<Asked> = {
  name: "addresses",
  about: "raw URLs and Host headers: malformed ones are refused, plain http is for loopback hosts alone",
  cases: fc.record({
    url: fc
      .tuple(
        fc.constantFrom("http://", "https://", "https://", "HTTPS://", "ftp://", ""),
        host,
        fc.constantFrom("/", "/", "/", "/", ""),
        fc.array(piece, { maxLength: 5 }),
      )
      .map(([scheme, authority, slash, pieces]) => scheme + authority + slash + pieces.join("")),
    host: fc.option(host, { nil: undefined, freq: 2 }),
  }),
  async start() {
    return async ({ url, host }) => {
      const headers = { get: (asked: string) => (asked === "Host" ? (host ?? null) : null) };
      const address = readAddress({ url, headers } as unknown as Request);
      switch (address.kind) {
        case "address": {
          const { hostname, username, password, protocol, href } = address.url;
          demand(username === "" && password === "", "credentials are accepted");
          demand(
            /^[A-Za-z0-9.:[\]-]+$/.test(hostname) && /^[A-Za-z0-9.:[\]-]+$/.test(address.host),
            "an odd host is accepted",
          );
          demand(host === undefined || /^[A-Za-z0-9.:[\]-]+$/.test(host), "an odd Host is accepted");
          demand(new URL(href).href === href, "the address is not normalised");
          demand(address.secure === (protocol === "https:"), "http is taken for https");
          demand(address.secure || isLoopback(hostname), "plain http is served to a host that is not loopback");
          break;
        }
        case "insecure":
          demand(new URL(address.location).protocol === "https:", "plain http is sent elsewhere than to https");
          demand(new URL(address.location).hostname === new URL(url).hostname, "an open redirect");
      }
      return address.kind;
    };
  },
};

function isLoopback(hostname: string): boolean {
  return hostname === "[::1]" || hostname.startsWith("127.") || /(^|\.)localhost$/.test(hostname);
}
