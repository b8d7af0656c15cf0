import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { at, readDocument, type Value } from "../../../../bin/import/traefik/document.ts";
import { importTraefik } from "../../../../bin/import/traefik/import.ts";
import { type Answer, addressOf, isTold, moorAnswer } from "../equivalence.ts";
import { DECISIONS, type Decisions, readDecision, routersOf } from "./decisions.ts";

const recorded: Record<string, Decisions> = JSON.parse(await readFile(DECISIONS, "utf8"));

/** The first addresses of a service. A service of several services has those of all that Moor may choose. */
function addressesOf(document: Value, name: string): string[] {
  const service = at(document, "http", "services", name);
  const [server] = at(service, "loadBalancer", "servers")?.items ?? [];
  if (server) return [addressOf(at(server, "url")?.text ?? "")];
  const sides = at(service, "weighted", "services")?.items.map((side) => at(side, "name")?.text ?? "") ?? [];
  const main = at(service, "failover", "service") ?? at(service, "mirroring", "service");
  return [...sides, ...(main?.text === undefined ? [] : [main.text])].flatMap((side) => addressesOf(document, side));
}

describe.each(Object.entries(recorded))("%s", async (file, { requests, cookies }) => {
  const document = await readDocument(file);
  const draft = await importTraefik(file);
  const moor = moorAnswer(draft);
  const services = new Map(routersOf(document).map(({ name, service }) => [name, service]));

  it("sends each request to the servers that Traefik chooses, or a note tells of it", () => {
    const answered = { same: 0, told: 0 };
    for (const { asked, router = "" } of requests.map(readDecision)) {
      const there: Answer = addressesOf(document, services.get(router) ?? "");
      const here = moor(asked);
      const isSame = there.length === here.length && there.every((address) => here.includes(address));
      if (!isSame && !isTold(draft, asked)) expect({ asked, servers: here }).toEqual({ asked, servers: there });
      answered[isSame ? "same" : "told"]++;
    }
    expect(answered.same).toBeGreaterThan(requests.length / 5);
  });

  it("calls each server of a sticky service as Traefik's cookie does", () => {
    const sticky = draft.pools.filter(({ learn }) => learn);
    for (const { origins } of sticky) {
      for (const { url, route } of origins) expect(Object.values(cookies), url).toContain(route);
    }
  });
});
