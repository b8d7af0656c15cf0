import { type Address, formatAddress, parseAddress } from "../../../lib/ip-address.ts";
import { type NginxKeyPart, parseNginxKey } from "../../../settings/nginx-key.ts";
import type { HashFacts } from "../hash-policy.ts";
import { cookieValue, queryValue } from "./variables.ts";

/** The bytes that nginx would hash for a request; empty where nginx would hash nothing. */
export type NginxKey = (facts: HashFacts) => Uint8Array;

const NOTHING = new Uint8Array(0);
const encoder = new TextEncoder();

/** The key of `ip_hash`: the first three bytes of an IPv4 address, all sixteen of an IPv6 one. */
export const ipHashKey: NginxKey = ({ clientIp }) => {
  const address = clientAddress(clientIp);
  return address.length === 4 ? address.subarray(0, 3) : address;
};

/**
 * The key of `hash`, as the directive writes it.
 *
 * @throws TypeError if `parseNginxKey` cannot read it.
 */
export function createNginxKey(text: string): NginxKey {
  const parts = parseNginxKey(text);
  if (!parts) throw new TypeError(`key of nginx: found ${JSON.stringify(text)}, which cannot be read as nginx does`);
  return (facts) => joined(parts.map((part) => bytesOf(part, facts)));
}

function bytesOf(part: NginxKeyPart, { clientIp, headers, url }: HashFacts): Uint8Array {
  switch (part.type) {
    case "binary-remote-addr":
      return clientAddress(clientIp);
    case "remote-addr":
      return encoder.encode(formatAddress(clientAddress(clientIp)));
    case "request-uri":
      return encoder.encode(url.pathname + url.search);
    case "text":
      return encoder.encode(part.text);
    case "cookie":
      return encoder.encode(cookieValue(headers.get("Cookie") ?? "", part.name));
    case "query":
      return encoder.encode(queryValue(url.search.slice(1), part.name));
    case "header":
      return encoder.encode(headers.get(part.name) ?? "");
  }
}

function clientAddress(text: string | undefined): Address {
  return (text !== undefined && parseAddress(text)) || NOTHING;
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  if (pieces.length === 1) return pieces[0] as Uint8Array;
  const whole = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
