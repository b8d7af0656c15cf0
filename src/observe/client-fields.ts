import type { ResolvedConfig } from "../config/resolved.ts";
import { createClientAddress } from "../inbound/client-address.ts";
import type { AskedParts } from "../lib/asked.ts";
import { parseAddress, prefixOf } from "../lib/ip-address.ts";
import type { LogEntry } from "../log.ts";
import { traceIdIn } from "./traceparent.ts";

/** The fields of a request's line that tell of its client. Each field is there only if the configuration asks for it. */
export type ClientFields = (
  request: AskedParts,
  /** The id of the trace that origins are told of. Default: the platform does not trace the request. */
  traceId?: string,
) => Pick<LogEntry, "address" | "country" | "userAgent" | "trace">;

/** Bits of an address that name a network, and no household: as much as analytics tools usually keep. */
const IPV4_BITS = 24;
const IPV6_BITS = 48;
/** A longer `User-Agent` is cut off. */
const MOST_CHARACTERS = 256;

/** @returns `undefined`: the configuration asks for no such field. */
export function createClientFields({
  log: { address, country, userAgent, trace },
  trustedProxies = [],
  traces,
}: Pick<ResolvedConfig, "log"> & Partial<Pick<ResolvedConfig, "trustedProxies" | "traces">>): ClientFields | undefined {
  if (address === "none" && !country && !userAgent && !trace) return undefined;
  const behindProxies = createClientAddress(trustedProxies);
  const addressOf = ({ headers }: AskedParts) => {
    const whole = behindProxies ? behindProxies(headers) : (headers.get("CF-Connecting-IP") ?? undefined);
    // A text that is no address cannot be shortened, and is left out.
    if (whole === undefined || !parseAddress(whole)) return undefined;
    return address === "network" ? prefixOf(whole, IPV4_BITS, IPV6_BITS) : whole;
  };
  // A client whose traces are ignored must not choose the name by which operators find a request.
  const clientTraceIn = ({ headers }: AskedParts) => (traces === "ignore-client" ? undefined : traceIdIn(headers));
  return (request, traceId) => {
    const fields = {
      address: address === "none" ? undefined : addressOf(request),
      country: country ? countryOf(request) : undefined,
      userAgent: userAgent ? request.headers.get("User-Agent")?.slice(0, MOST_CHARACTERS) : undefined,
      trace: trace ? (traceId ?? clientTraceIn(request)) : undefined,
    };
    return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  };
}

/** Cloudflare's country of the client: two letters, or `T1` for Tor. */
function countryOf(request: AskedParts): string | undefined {
  const { country } = (request as { cf?: { country?: unknown } }).cf ?? {};
  return typeof country === "string" && /^[A-Z][A-Z0-9]$/.test(country) ? country : undefined;
}
