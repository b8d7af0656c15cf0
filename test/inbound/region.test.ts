import { describe, expect, it } from "vitest";
import { regionOf } from "../../src/inbound/arrival.ts";

describe("the region of a request", () => {
  it.each<[string, string, string, number]>([
    ["San Francisco", "NA", "-122.42", 1],
    ["Denver", "NA", "-104.99", 1],
    ["Mexico City", "NA", "-99.13", 2],
    ["New York", "NA", "-74.01", 2],
    ["Bogotá", "SA", "-74.07", 3],
    ["São Paulo", "SA", "-46.63", 3],
    ["Lisbon", "EU", "-9.14", 4],
    ["Greenwich", "EU", "0.0", 4],
    ["Frankfurt", "EU", "8.68", 4],
    ["Warsaw", "EU", "21.01", 5],
    ["Istanbul", "EU", "28.98", 5],
    ["Mumbai", "AS", "72.88", 6],
    ["Tokyo", "AS", "139.65", 6],
    ["Sydney", "OC", "151.21", 7],
    ["Honolulu", "OC", "-157.86", 7],
    ["Lagos", "AF", "3.38", 8],
    ["Nairobi", "AF", "36.82", 8],
    ["Dubai", "AS", "55.27", 9],
    ["Jerusalem", "AS", "35.21", 9],
  ])("%s (%s, %s) is %i", (_place, continent, longitude, region) => {
    expect(regionOf({ continent, longitude })).toBe(region);
  });

  it.each<[string, string, number, number]>([
    ["NA", "-100", 1, 2],
    ["EU", "20", 4, 5],
    ["AS", "60", 9, 6],
  ])("changes in %s at %s degrees, which belong to the east", (continent, meridian, west, east) => {
    expect(regionOf({ continent, longitude: String(Number(meridian) - 0.001) })).toBe(west);
    expect(regionOf({ continent, longitude: meridian })).toBe(east);
  });

  it("may be told by a longitude that is a number", () => {
    expect(regionOf({ continent: "NA", longitude: -122.42 })).toBe(1);
  });

  it.each<[string, object | undefined]>([
    ["nothing is told of the place", undefined],
    ["the place is empty", {}],
    ["it is Antarctica", { continent: "AN", longitude: "0" }],
    ["the continent is none", { continent: "Europe", longitude: "8.68" }],
    ["the continent is no text", { continent: 1, longitude: "8.68" }],
    ["the continent is not told", { longitude: "8.68" }],
  ])("is unknown when %s", (_when, cf) => expect(regionOf(cf)).toBe(0));

  it.each([
    ["NA", undefined],
    ["EU", undefined],
    ["AS", undefined],
    ["EU", ""],
    ["EU", "east"],
    ["EU", null],
  ])("is unknown on %s when the longitude is %o: it holds for the session's whole life", (continent, longitude) => {
    expect(regionOf({ continent, longitude })).toBe(0);
  });

  it.each<[string, number]>([
    ["SA", 3],
    ["OC", 7],
    ["AF", 8],
  ])("needs no longitude on %s", (continent, region) => expect(regionOf({ continent })).toBe(region));
});
