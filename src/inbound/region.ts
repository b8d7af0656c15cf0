/** What is used of `request.cf`. */
interface Place {
  readonly continent?: unknown;
  readonly longitude?: unknown;
}

/**
 * The region in which a request reached the edge, by its `cf`, 1 to 9, as Durable Objects are placed: wnam, enam, sam, weur, eeur, apac, oc, afr, me. 0: unknown.
 *
 * A number in a token: it keeps its meaning for good.
 */
export function regionOf(cf: object | undefined): number {
  const { continent, longitude } = (cf ?? {}) as Place;
  switch (continent) {
    case "NA":
      return sideOf(-100, longitude, 1, 2);
    case "SA":
      return 3;
    case "EU":
      return sideOf(20, longitude, 4, 5);
    case "AS":
      return sideOf(60, longitude, 9, 6);
    case "OC":
      return 7;
    case "AF":
      return 8;
    default:
      return 0;
  }
}

function sideOf(meridian: number, longitude: unknown, west: number, east: number): number {
  const degrees = Number.parseFloat(String(longitude));
  if (Number.isNaN(degrees)) return 0;
  return degrees < meridian ? west : east;
}
