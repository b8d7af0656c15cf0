import { Agent, request } from "node:http";

/** The answer of an origin of `origin-server.ts`: the request that it received. */
export interface Told {
  readonly server: string;
  readonly served: number;
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly rawHeaders: string[];
  readonly session: {
    sid?: string;
    aud: string;
    gen: number;
    ver: number;
    sub?: string;
    login?: Record<string, unknown>;
    data?: Record<string, unknown>;
    flash?: Record<string, unknown>;
    new?: boolean;
    stale?: boolean;
  };
  readonly body: string;
}

/** A response with its bytes. */
export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly setCookies: string[];
  readonly bytes: Buffer;
  /** The bytes as UTF-8. */
  readonly text: string;
  /** The text as an origin's report. */
  readonly told: Told;
}

/** A response that broke off after it had begun. */
export class CutAnswer extends Error {}

export interface Asking {
  readonly method?: string;
  readonly headers?: Record<string, string | string[]>;
  readonly body?: string;
  /** Another isolate than the client's own. */
  readonly port?: number | undefined;
}

/** The header by which a proxy before Moor tells that its client came by https. Plain workerd counts as reached by http without it. */
export const OVER_HTTPS = { "X-Forwarded-Proto": "https" } as const;

/** How long a client keeps an idle connection. */
const IDLE_MS = 2_000;
const OWN_COOKIE = /^__Host-moor($|-gen$|-new$|-mark-|\.)/;
/** The name of a session's token, where cookies hold whole sessions. */
const TOKEN_OF_SESSION = /^__Host-moor\.[\w-]{8}$/;

/**
 * A browser, but only its cookies: the last cookie of a name wins. Requests are https. They are navigations unless
 * headers say otherwise.
 */
export class Client {
  readonly cookies: Map<string, string>;
  /** Every token, proof and mark that it has ever held. */
  readonly held = new Set<string>();
  readonly #port: number;
  // workerd closes a connection that has been idle for five seconds. A request that just then comes on it is lost.
  readonly #agent = new Agent({ keepAlive: true, timeout: IDLE_MS });

  constructor(port: number, cookies: Iterable<[string, string]> = []) {
    this.#port = port;
    this.cookies = new Map(cookies);
    for (const [name, value] of this.cookies) this.#hold(name, value);
  }

  get token(): string | undefined {
    return this.cookies.get("__Host-moor") ?? this.tokens.at(-1);
  }

  /** The tokens of sessions that have cookies with names of their own, the newest cookie last. */
  get tokens(): string[] {
    return [...this.cookies].flatMap(([name, value]) => (TOKEN_OF_SESSION.test(name) ? [value] : []));
  }

  /** The names of the cookies in which it holds whole sessions, without tombstones. */
  get states(): string[] {
    return [...this.cookies.keys()].filter((name) => /^__Host-moor\.[\w-]{8}\.(?!end$)/.test(name));
  }

  /** The token that a response gave when it could not write to the token's cookie. */
  get provisional(): string | undefined {
    return this.cookies.get("__Host-moor-new");
  }

  /** The marks of all sessions, the latest last. */
  get marks(): string[] {
    return [...this.cookies].flatMap(([name, value]) => (name.startsWith("__Host-moor-mark-") ? [value] : []));
  }

  /**
   * The last time at which the journal may have accepted a change of the session, in milliseconds since 1970, if ever.
   */
  get mark(): number | undefined {
    const mark = this.marks.at(-1);
    return mark === undefined ? undefined : Buffer.from(mark.slice(2), "base64url").readUIntBE(2, 6);
  }

  /** Sends a request and keeps the cookies that come back. */
  async ask(path: string, asking: Asking = {}): Promise<Answer> {
    const answer = await this.send(path, asking);
    this.keep(answer);
    return answer;
  }

  /** Keeps the cookies of an answer, as its arrival would. */
  keep({ setCookies }: Pick<Answer, "setCookies">): void {
    for (const line of setCookies) {
      const [pair = "", ...attributes] = line.split(";");
      const [name = "", value = ""] = pair.split("=");
      if (attributes.some((attribute) => attribute.trim().toLowerCase() === "max-age=0")) this.cookies.delete(name);
      else {
        this.cookies.set(name, value);
        this.#hold(name, value);
      }
    }
  }

  #hold(name: string, value: string): void {
    if (OWN_COOKIE.test(name) && value !== "") this.held.add(value);
  }

  /** Sends a request with the cookies that the client holds now. Does not keep the cookies of the answer. */
  send(path: string, { method = "GET", headers = {}, body, port = this.#port }: Asking = {}): Promise<Answer> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const sent = {
      Host: "shop.test",
      ...OVER_HTTPS,
      ...(cookie === "" ? {} : { Cookie: cookie }),
      ...headers,
    };
    return new Promise((resolve, reject) => {
      const outgoing = request(
        { host: "127.0.0.1", port, path, method, headers: sent, agent: this.#agent },
        (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("error", (cause) => reject(new CutAnswer(cause.message, { cause })));
          response.on("end", () => {
            const bytes = Buffer.concat(chunks);
            const text = bytes.toString("utf8");
            const setCookies = response.headers["set-cookie"] ?? [];
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              setCookies,
              bytes,
              text,
              get told() {
                return JSON.parse(text) as Told;
              },
            });
          });
        },
      );
      outgoing.on("error", reject);
      outgoing.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
