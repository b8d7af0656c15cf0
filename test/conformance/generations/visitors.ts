import type { Answer } from "../../support/node/client.ts";
import { HeaderClient } from "../../support/node/header-client.ts";
import type { Site } from "../../support/node/site.ts";

/** A client of one carrier. */
export interface Visitor {
  ask(path: string): Promise<Answer>;
  /** Another client with copies of this client's texts. */
  copy(): Visitor;
}

export type Visiting = (site: Site, host: string) => Visitor;

const POST = "POST";

/** Keeps token and proof in cookies. */
export const byCookie: Visiting = (site, host) => {
  const visitorOf = (client: ReturnType<Site["client"]>): Visitor => ({
    ask: (path) => client.ask(path, { method: POST, headers: { Host: host } }),
    copy: () => visitorOf(site.client(client.cookies)),
  });
  return visitorOf(site.client());
};

/** Sends back, in a header, the token that it was given last. */
export const byHeader: Visiting = (site, host) => {
  const visitorOf = (held: string): Visitor => {
    const client = new HeaderClient(site.client());
    client.held = held;
    return {
      ask: (path) => client.ask(path, { method: POST, headers: { Host: host } }),
      copy: () => visitorOf(client.held),
    };
  };
  return visitorOf("");
};

/** Follows redirects, whose addresses hold the token. */
export const byUrl: Visiting = (site, host) => {
  const visitorOf = (given: string): Visitor => {
    const client = site.client();
    let held = given;
    return {
      async ask(path) {
        const address = new URL(path, `https://${host}`);
        address.searchParams.append("header", "Location:/next");
        if (held !== "") address.searchParams.append("moor", held);
        const headers = { Host: host, "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate" };
        const answer = await client.send(address.pathname + address.search, { method: POST, headers });
        const { location } = answer.headers;
        if (location !== undefined) held = new URL(String(location), address).searchParams.get("moor") ?? "";
        return answer;
      },
      copy: () => visitorOf(held),
    };
  };
  return visitorOf("");
};
