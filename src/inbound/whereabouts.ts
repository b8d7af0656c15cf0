import { deviceOf } from "./device.ts";

/** Where and on what somebody was when he logged in; "" where that is unknown. */
export interface Whereabouts {
  /** ISO 3166-1 alpha-2, or `T1` for Tor, as the platform tells by the client's address. */
  readonly country: string;
  /** The data centre, by its code. */
  readonly colo: string;
  /** See {@link deviceOf}. */
  readonly device: string;
}

/** Where a request comes from. Of its `User-Agent` nothing is kept but what {@link deviceOf} reads in it. */
export function whereaboutsOf(request: Request): Whereabouts {
  const { cf } = request as { cf?: { country?: unknown; colo?: unknown } };
  return {
    country: codeIn(cf?.country),
    colo: codeIn(cf?.colo),
    device: deviceOf(request.headers.get("User-Agent") ?? ""),
  };
}

function codeIn(value: unknown): string {
  return typeof value === "string" && /^[A-Z0-9]{2,4}$/.test(value) ? value : "";
}
