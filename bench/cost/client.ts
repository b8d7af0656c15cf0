/** The cookies of a single visitor. */
export class Client {
  /** Whether it sends back what it was given. */
  keeps = true;
  readonly #cookies = new Map<string, string>();

  /** A request for `/KIND` from one of two continents. */
  request(kind: string, place: "home" | "far"): Request {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const method = kind === "page" || kind === "data" || kind === "asset" ? "GET" : "POST";
    const mode = { "Sec-Fetch-Mode": kind === "data" ? "cors" : "navigate", "Sec-Fetch-Site": "same-origin" };
    const headers = { ...mode, ...(cookie === "" ? {} : { Cookie: cookie }) };
    const request = new Request(`https://shop.test/${kind}`, { method, headers });
    const cf =
      place === "home"
        ? { colo: "AMS", continent: "EU", longitude: "4.9" }
        : { colo: "SIN", continent: "AS", longitude: "103.8" };
    return Object.assign(request, { cf });
  }

  receive(response: Response): void {
    if (!this.keeps) return;
    for (const line of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (line.includes("Max-Age=0")) this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
  }
}
