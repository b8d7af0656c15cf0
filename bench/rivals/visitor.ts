import { type Answer, Client } from "../../test/support/node/client.ts";

/** The result of a request. */
export type Outcome = "answered" | "failed" | "forgotten";

const PATIENCE_MS = 5_000;

/** A visitor of the shop, who knows the items that their session was said to hold. */
export class Visitor {
  /** Items whose addition was acknowledged. */
  readonly acknowledged = new Set<string>();
  /** No two visitors have the same first three bytes, because nginx hashes these. */
  readonly address: string;
  readonly #client: Client;
  readonly #patienceMs: number;
  #added = 0;

  /**
   * @param index an index that no other visitor of the contestant has.
   * @param patienceMs a visitor without an answer for this long gives up. Default 5 s.
   */
  constructor(port: number, index: number, patienceMs = PATIENCE_MS) {
    this.#patienceMs = patienceMs;
    this.address = `10.${index >> 8}.${index & 255}.7`;
    this.#client = new Client(port);
  }

  /** His `Cookie` header. */
  get cookie(): string {
    return [...this.#client.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  /** Looks at the shop; `forgotten`: the page lacks what had been acknowledged before he asked. */
  async look(): Promise<Outcome> {
    const before = [...this.acknowledged];
    const items = itemsOf(await this.#ask("GET", "/"));
    if (!items) return "failed";
    return before.every((item) => item in items) ? "answered" : "forgotten";
  }

  /** Adds an item, for which the origin works so long. */
  async add(workMs = 0, value = "1"): Promise<Outcome> {
    const item = `i${this.#added++}`;
    const before = [...this.acknowledged];
    const items = itemsOf(await this.#ask("POST", `/items/${item}/${value}?work=${workMs}`));
    if (!items) return "failed";
    this.acknowledged.add(item);
    return before.every((earlier) => earlier in items) ? "answered" : "forgotten";
  }

  /** The items that were acknowledged and are not there; `undefined`: the shop does not answer. */
  async missing(): Promise<string[] | undefined> {
    const items = itemsOf(await this.#ask("GET", "/"));
    return items && [...this.acknowledged].filter((item) => !(item in items));
  }

  close(): void {
    this.#client.close();
  }

  async #ask(method: string, path: string): Promise<Answer | undefined> {
    const headers = { "CF-Connecting-IP": this.address, "Content-Length": "0" };
    let timer: NodeJS.Timeout | undefined;
    const tired = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), this.#patienceMs);
    });
    const answer = this.#client.ask(path, { method, headers }).catch(() => undefined);
    const first = await Promise.race([answer, tired]);
    clearTimeout(timer);
    return first;
  }
}

function itemsOf(answer: Answer | undefined): Record<string, string> | undefined {
  if (answer?.status !== 200) return undefined;
  return (JSON.parse(answer.text) as { items: Record<string, string> }).items;
}
