import { at, type Value } from "../../../../bin/import/traefik/document.ts";
import type { Asked } from "../equivalence.ts";

/** The version of Traefik that decided. */
export const VERSION = "v3.7.13";
/** The file of decisions; `node test/bin/import/traefik/record.ts` writes it. */
export const DECISIONS = "test/bin/import/traefik/decisions.json";

/** The decisions of Traefik for a configuration. */
export interface Decisions {
  /** Requests as `written` writes them, with the router that takes each. */
  readonly requests: readonly string[];
  /** The value of the sticky cookie by the URL of a server. */
  readonly cookies: Readonly<Record<string, string>>;
}

/** The routers of a configuration. */
export function routersOf(document: Value): { name: string; rule: string; priority: number; service: string }[] {
  return (at(document, "http", "routers")?.entries ?? []).map(({ key, value }) => ({
    name: key,
    rule: at(value, "rule")?.text ?? "",
    priority: Number(at(value, "priority")?.text ?? 0),
    service: at(value, "service")?.text ?? "",
  }));
}

/** A request and its router in a line. `-` stands for a request without `X-Canary`, and for no router. */
export function written({ method, host, path, headers }: Asked, router: string): string {
  return [method, host, path, headers["X-Canary"] ?? "-", router || "-"].join(" ");
}

/** The request and the router of a line; `router` is `undefined` if no router takes the request. */
export function readDecision(line: string): { asked: Asked; router: string | undefined } {
  const [method = "", host = "", path = "", canary = "", router = ""] = line.split(" ");
  const headers: Asked["headers"] = canary === "-" ? {} : { "X-Canary": canary };
  return { asked: { method, host, path, headers }, router: router === "-" ? undefined : router };
}
