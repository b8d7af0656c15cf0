import { createNginxMapping } from "../../src/upstream/choose/nginx/mapping.ts";
import type { Contestant } from "./contestant.ts";

const encoder = new TextEncoder();

/** A ketama ring with 160 points for each unit of weight: nginx's `hash … consistent`. */
export const ring: Contestant = {
  name: "ring, 160 points",
  compile(origins) {
    const servers = origins.map(({ id, weight }) => ({ name: `${id}:80`, weight, down: false }));
    const mapping = createNginxMapping("nginx-chash", servers);
    return (session) => mapping.order(encoder.encode(session), 1)[0] as number;
  },
};
