import HashRing from "hashring";
import type { Contestant } from "../contestant.ts";

/**
 * npm's `hashring`: a ketama ring of MD5. Its cache of answers is off, because a session's key rarely comes back to the
 * same isolate.
 */
export const hashring: Contestant = {
  name: "hashring",
  build(ids) {
    const ring = new HashRing([...ids], "md5", { "max cache size": 1 });
    return { pick: (key) => ring.get(key), firstThree: (key) => ring.range(key, 3) };
  },
};
