/** A place at which Moor answers, in a region of its own. */
export interface Location {
  readonly id: "berlin" | "sao-paulo" | "tokyo";
  readonly name: string;
  /** The fields of `request.cf` that describe the location. */
  readonly cf: { readonly colo: string; readonly continent: string; readonly longitude: string };
}

export const BERLIN: Location = {
  id: "berlin",
  name: "Berlin",
  cf: { colo: "TXL", continent: "EU", longitude: "13.4" },
};
const SAO_PAULO: Location = {
  id: "sao-paulo",
  name: "São Paulo",
  cf: { colo: "GRU", continent: "SA", longitude: "-46.6" },
};
const TOKYO: Location = {
  id: "tokyo",
  name: "Tokyo",
  cf: { colo: "NRT", continent: "AS", longitude: "139.7" },
};

export const locations: readonly Location[] = [BERLIN, SAO_PAULO, TOKYO];

/** How long a message travels on the cables between two of them, in milliseconds. */
const TRAVEL_MS = new Map([
  ["berlin sao-paulo", 98],
  ["berlin tokyo", 116],
  ["sao-paulo tokyo", 132],
]);
const WITHIN_MS = 1;

/** How long a message travels between two locations, in milliseconds. */
export function travelMs(from: string, to: string): number {
  return TRAVEL_MS.get([from, to].sort().join(" ")) ?? WITHIN_MS;
}

export function findLocation(id: unknown): Location | undefined {
  return locations.find((location) => location.id === id);
}
