import { createHash } from "node:crypto";
import type { HealthCheckConfig } from "../../../src/config/health-types.ts";
import type { OriginConfig, PoolConfig } from "../../../src/config/pool-types.ts";
import { originUrl, probePath, token } from "../../../src/settings/grammar.ts";
import { originId } from "../../fronted.ts";
import { clamped } from "../clamped.ts";
import { milliseconds } from "../durations.ts";
import { uniqueId } from "../ids.ts";
import type { Remark } from "../remark.ts";
import { at, type Value } from "./document.ts";

/** A `loadBalancer` as a pool. */
export interface ReadService {
  readonly pool: PoolConfig;
  /** Whether origins want the client's `Host`, as they do by default. */
  readonly wantsClientHost: boolean;
  readonly refused: readonly Remark[];
  readonly notes: readonly Remark[];
}

const INTERVAL_SECONDS = [1, 300] as const;
const DEFAULT_INTERVAL_MS = 30_000;
const DEFAULT_STATUSES = { start: 200, end: 400 };
/** Traefik keeps so many characters of the SHA-256 of a server's URL as the value of its cookie. */
const COOKIE_CHARACTERS = 16;

/** Reads a `loadBalancer` as the pool of an id. */
export function readLoadBalancer(balancer: Value, id: string): ReadService {
  const remarks = { refused: [] as Remark[], notes: [] as Remark[] };
  const ids = new Set<string>();
  const sticky = at(balancer, "sticky", "cookie");
  const servers = at(balancer, "servers")?.items ?? [];
  const origins = servers.flatMap(
    (server) => readServer(server, { ids, isSticky: sticky !== undefined, ...remarks }) ?? [],
  );
  const cookie = sticky && cookieOf(sticky, remarks.notes);
  const healthCheck = readHealthCheck(at(balancer, "healthCheck"), remarks.notes);
  return {
    pool: {
      id,
      origins,
      ...(cookie !== undefined && { formerBalancer: { type: "traefik", cookie } }),
      ...(healthCheck && { healthCheck }),
    },
    wantsClientHost: at(balancer, "passHostHeader")?.text !== "false",
    ...remarks,
  };
}

interface ServerOptions {
  readonly ids: Set<string>;
  readonly isSticky: boolean;
  readonly refused: Remark[];
  readonly notes: Remark[];
}

function readServer(server: Value, { ids, isSticky, refused, notes }: ServerOptions): OriginConfig | undefined {
  const { file, line } = server;
  const text = at(server, "url")?.text ?? "";
  const given = text.replace(/^h2c:/, "http:");
  if (!originUrl.accepts(given)) {
    refused.push({ file, line, text: `server ${text || "without url"}: accepted: ${originUrl.accepted}` });
    return undefined;
  }
  const { origin, pathname } = new URL(given);
  const keepsPath = at(server, "preservePath")?.text === "true" && pathname !== "/";
  if (pathname !== "/" && !keepsPath) {
    notes.push({
      file,
      line,
      text: `server ${text}: its path is left out, as Traefik leaves it out without preservePath`,
    });
  }
  const weight = Number(at(server, "weight")?.text ?? 1);
  if (weight === 0) notes.push({ file, line, text: `server ${text}: weight 0 becomes down: true` });
  return {
    id: uniqueId(originId(origin), ids),
    url: origin + (keepsPath ? pathname.replace(/\/$/, "") : ""),
    ...(weight > 0 && weight !== 1 && { weight }),
    ...(weight === 0 && { down: true }),
    ...(isSticky && { route: createHash("sha256").update(text).digest("hex").slice(0, COOKIE_CHARACTERS) }),
  };
}

function cookieOf(sticky: Value, notes: Remark[]): string | undefined {
  const { file, line } = sticky;
  const name = at(sticky, "name")?.text;
  if (name === undefined || !token.accepts(name)) {
    const text =
      "sticky.cookie has no name, so its visitors cannot be followed: each goes by the session of Moor, and moves once";
    notes.push({ file, line, text });
    return undefined;
  }
  const text = `sticky.cookie ${name}: visitors with the cookie stay; Moor sets no such cookie, and keeps them by its own session`;
  notes.push({ file, line, text });
  return name;
}

function readHealthCheck(check: Value | undefined, notes: Remark[]): HealthCheckConfig | undefined {
  const path = at(check, "path")?.text;
  if (!check || path === undefined) return undefined;
  const { file, line } = check;
  const wanted = path.startsWith("/") ? path : `/${path}`;
  if (!probePath.accepts(wanted)) {
    notes.push({ file, line, text: `healthCheck.path ${path} is not carried over: a probe asks for a path` });
    return undefined;
  }
  for (const { key, ...place } of check.entries) {
    if (KNOWN.includes(key.toLowerCase())) continue;
    notes.push({
      file,
      line: place.line,
      text: `healthCheck.${key} is not carried over: a probe is a GET to the origin's url`,
    });
  }
  const method = at(check, "method")?.text ?? "GET";
  if (method.toUpperCase() !== "GET")
    notes.push({ file, line, text: `healthCheck.method: probes are GET, and not ${method}` });
  const ms = (name: string) => milliseconds(at(check, name)?.text ?? "", "s");
  const intervalSeconds = clamped((ms("interval") ?? DEFAULT_INTERVAL_MS) / 1_000, INTERVAL_SECONDS);
  const unhealthy = ms("unhealthyInterval");
  const unhealthyIntervalSeconds = unhealthy && clamped(unhealthy / 1_000, INTERVAL_SECONDS);
  const timeoutMs = ms("timeout");
  const most = Math.min(60_000, intervalSeconds * 1_000, (unhealthyIntervalSeconds ?? intervalSeconds) * 1_000);
  const status = Number(at(check, "status")?.text ?? 0);
  return {
    path: wanted,
    expectedStatuses: [status >= 100 ? { start: status, end: status + 1 } : DEFAULT_STATUSES],
    intervalSeconds,
    ...(unhealthyIntervalSeconds !== undefined && { unhealthyIntervalSeconds }),
    ...(timeoutMs !== undefined && { timeoutMs: clamped(timeoutMs, [10, most]) }),
    // Traefik takes a server out, and back in, after a single check.
    healthyThreshold: 1,
    unhealthyThreshold: 1,
  };
}

const KNOWN = ["path", "interval", "unhealthyinterval", "timeout", "status", "method", "followredirects"];
