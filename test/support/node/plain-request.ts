import { once } from "node:events";
import { connect } from "node:net";

/** A request whose every byte the test chooses. */
export interface PlainRequest {
  readonly port: number;
  /** The address of this machine from which it comes. Default `127.0.0.1`. */
  readonly from?: string;
  readonly method?: string;
  readonly target?: string;
  readonly version?: string;
  /** Default: `Host: shop.test`. */
  readonly host?: string | null;
  /** Lines, as in `Name: value`. */
  readonly headers?: readonly string[];
  readonly body?: string;
}

export interface PlainAnswer {
  /** `NaN`: no response came. */
  readonly status: number;
  /** By names in small letters. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** Sends one request on a connection of its own. */
export async function plainRequest(given: PlainRequest): Promise<PlainAnswer> {
  const {
    port,
    from,
    method = "GET",
    target = "/",
    version = "1.1",
    host = "shop.test",
    headers = [],
    body = "",
  } = given;
  const socket = connect({ port, host: "127.0.0.1", localAddress: from ?? "127.0.0.1" }).setEncoding("latin1");
  let all = "";
  socket.on("data", (text: string) => (all += text)).on("error", () => {});
  const lines = [
    `${method} ${target} HTTP/${version}`,
    ...(host === null ? [] : [`Host: ${host}`]),
    ...headers,
    "Connection: close",
  ];
  socket.write(`${lines.join("\r\n")}\r\n\r\n${body}`, "latin1");
  await once(socket, "close");
  const [head = "", ...rest] = all.split("\r\n\r\n");
  const [start = "", ...fields] = head.split("\r\n");
  const named = fields.map((field) => [
    field.slice(0, field.indexOf(":")).toLowerCase(),
    field.slice(field.indexOf(":") + 2),
  ]);
  return {
    status: Number(/^HTTP\/1\.[01] (\d{3})/.exec(start)?.[1]),
    headers: Object.fromEntries(named),
    text: rest.join("\r\n\r\n"),
  };
}

/** The headers of a proxy that ends TLS, for a client at an address. */
export function asProxyFor(client: string): string[] {
  return ["X-Forwarded-Proto: https", `X-Forwarded-For: ${client}`];
}
