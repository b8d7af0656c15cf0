import type { EjectedFlags } from "../../affinity/affinity.ts";
import { REGIONS, type Region } from "../../config/regions.ts";

/** An origin as zones look at it. */
export interface ZonedOrigin {
  readonly region?: Region | undefined;
  readonly down: boolean;
  readonly backup: boolean;
}

/** The origins of a zone, as flags: a flag is set for each origin that is left out. */
export interface Zone {
  readonly near: EjectedFlags;
  readonly far: EjectedFlags;
}

/**
 * The zone of a session.
 *
 * @param home the session's region of birth, from its token; 0: unknown.
 * @param closed the origins that are closed to sessions of its birth. Default: no origin is closed.
 * @returns `undefined`: the session prefers no origin.
 */
export type Zones = (home: number, closed?: EjectedFlags) => Zone | undefined;

/** For each region the others, from near to far, as the network goes. Changing it moves sessions. */
const NEXT: Readonly<Record<Region, readonly Region[]>> = {
  wnam: ["enam", "sam", "apac", "oc", "weur", "eeur", "me", "afr"],
  enam: ["wnam", "weur", "sam", "eeur", "afr", "me", "apac", "oc"],
  sam: ["enam", "wnam", "weur", "eeur", "afr", "me", "apac", "oc"],
  weur: ["eeur", "enam", "me", "afr", "wnam", "sam", "apac", "oc"],
  eeur: ["weur", "me", "enam", "afr", "wnam", "apac", "sam", "oc"],
  apac: ["oc", "me", "wnam", "eeur", "weur", "enam", "sam", "afr"],
  oc: ["apac", "wnam", "enam", "me", "weur", "eeur", "sam", "afr"],
  afr: ["weur", "eeur", "me", "enam", "sam", "wnam", "apac", "oc"],
  me: ["eeur", "weur", "apac", "afr", "enam", "wnam", "oc", "sam"],
};

/**
 * Compiles zones: the origins of a session's own region come first. If that region had no origin at the session's
 * birth, the origins of the nearest region that had one come first.
 *
 * Health does not change zones, so a region that fails changes no session's zone. Its sessions spill over all other
 * origins by weight, because each session draws its own number with every origin.
 *
 * @returns `undefined`: the origins have no regions.
 */
export function createZones(origins: readonly ZonedOrigin[]): Zones | undefined {
  const indicesOf = (region: Region) =>
    origins.flatMap((origin, index) => (origin.region === region && !origin.down && !origin.backup ? [index] : []));
  const zones = REGIONS.map((region) => ({
    indices: indicesOf(region),
    zone: {
      near: Uint8Array.from(origins, (origin) => (origin.region === region ? 0 : 1)),
      far: Uint8Array.from(origins, (origin) => (origin.region === region ? 1 : 0)),
    },
  }));
  if (zones.every(({ indices }) => indices.length === 0)) return undefined;
  const ordered = REGIONS.map((region) =>
    [region, ...NEXT[region]]
      .map((each) => zones[REGIONS.indexOf(each)] as (typeof zones)[number])
      .filter(({ indices }) => indices.length > 0),
  );
  return (home, closed) => ordered[home - 1]?.find(({ indices }) => indices.some((index) => !closed?.[index]))?.zone;
}
