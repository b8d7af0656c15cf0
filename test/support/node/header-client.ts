import type { Answer, Asking, Client } from "./client.ts";

/** A client that keeps its token by itself, as docs/explanation/session.md tells clients of the header carrier. */
export class HeaderClient {
  /** The token that it received last. "": it has no token. */
  held = "";
  readonly #client: Client;
  readonly #header: string;

  /** @param client sends the requests; its cookies stay empty. */
  constructor(client: Client, header = "Authorization") {
    this.#client = client;
    this.#header = header;
  }

  async ask(path: string, asking: Asking = {}): Promise<Answer> {
    const sent = this.held;
    const answer = await this.#client.send(path, this.#with(sent, asking));
    this.keep(answer, sent);
    return answer;
  }

  /** Sends a request with the token that the client holds. Does not keep the token of the answer. */
  send(path: string, asking: Asking = {}): Promise<Answer> {
    return this.#client.send(path, this.#with(this.held, asking));
  }

  /** Keeps the token of an answer, unless a login or rotation has come between the request and its answer. */
  keep({ headers }: Answer, sent: string): void {
    const given = headers[this.#header === "Authorization" ? "moor-token" : this.#header.toLowerCase()];
    if (typeof given !== "string" || proofOf(sent) !== proofOf(this.held)) return;
    if (given !== "") this.#client.held.add(given);
    this.held = given;
  }

  #with(held: string, { headers, ...asking }: Asking): Asking {
    const text = held || "new";
    return {
      ...asking,
      headers: { [this.#header]: this.#header === "Authorization" ? `Bearer ${text}` : text, ...headers },
    };
  }
}

function proofOf(held: string): string {
  return held.split(".")[1] ?? "";
}
