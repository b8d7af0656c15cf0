/** @quick */
import { describe, expect, it } from "vitest";
import { type Crowds, changesOf, READS_PER_CHANGE, readsAndChangesOf, readsOf } from "../../bench/rivals/requests.ts";

const crowd = (name: string, first: number) =>
  Array.from({ length: 3 }, (_, index) => ({ cookie: `sid=${name}${index}`, address: `10.0.${first + index}.7` }));
const crowds: Crowds = { readers: crowd("reader", 0), changers: crowd("changer", 3) };

const isChange = (request: string) => request.startsWith("POST ");
const visitorOf = (request: string) => /sid=(\w+)/.exec(request)?.[1];
const itemValue = (request: string) => /^POST \/items\/i0\/(\w+) /.exec(request)?.[1];
const visitorsOf = (requests: readonly string[]) => new Set(requests.map(visitorOf));

const READERS = new Set(["reader0", "reader1", "reader2"]);
const CHANGERS = new Set(["changer0", "changer1", "changer2"]);

describe("the requests at a fixed rate", () => {
  const requests = readsAndChangesOf(crowds, "round1");

  it("read as the readers, all of them", () =>
    expect(visitorsOf(requests.filter((request) => !isChange(request)))).toEqual(READERS));

  it("change as the changers, all of them", () => expect(visitorsOf(requests.filter(isChange))).toEqual(CHANGERS));

  it("have one change in ten consecutive requests, wherever a slice ends", () => {
    for (let first = 0; first + READS_PER_CHANGE < requests.length; first++) {
      expect(requests.slice(first, first + READS_PER_CHANGE + 1).filter(isChange)).toHaveLength(1);
    }
  });
});

describe("the requests at full speed", () => {
  it("read as the readers alone", () => expect(visitorsOf(readsOf(crowds))).toEqual(READERS));

  it("change as the changers alone", () => expect(visitorsOf(changesOf(crowds, "round1"))).toEqual(CHANGERS));

  it("give an item a value of 64 bytes that it has never had", () => {
    const made = [
      ...changesOf(crowds, "round1"),
      ...changesOf(crowds, "round2"),
      ...readsAndChangesOf(crowds, "other1"),
    ];
    const given = made.filter((request) => isChange(request) && visitorOf(request) === "changer0").map(itemValue);
    expect(given).toHaveLength(6);
    expect(new Set(given).size).toBe(6);
    for (const value of given) expect(value).toHaveLength(64);
  });
});
