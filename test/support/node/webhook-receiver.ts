import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** The secret of the webhook, as a site of the tests has it. */
export const WEBHOOK_SECRET = `whsec_${Buffer.from("a key of the tests, and no key of anyone").toString("base64")}`;

/** A call of the webhook. */
export interface ReceivedCall {
  readonly id: string;
  readonly told: Readonly<Record<string, unknown>>;
  /** Whether it has the signature of Standard Webhooks 1.0.0. */
  readonly isSigned: boolean;
}

/** A real server that receives the calls of a webhook. */
export interface WebhookReceiver {
  readonly url: string;
  /** The calls so far, also those that it refused. */
  readonly calls: readonly ReceivedCall[];
  /** The calls that it has accepted. */
  readonly accepted: readonly ReceivedCall[];
  /** From now on: accepts calls, refuses them with 503, or holds its answers back. Answers that it holds are given on `accept`. */
  behave(how: "accept" | "refuse" | "hold"): void;
  stop(): Promise<void>;
}

export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const calls: ReceivedCall[] = [];
  const accepted: ReceivedCall[] = [];
  const held: (() => void)[] = [];
  let how: "accept" | "refuse" | "hold" = "accept";
  const server = createServer(async (request, response) => {
    const chunks = await Array.fromAsync(request);
    const body = Buffer.concat(chunks as Buffer[]).toString();
    const header = (name: string) => String(request.headers[name]);
    const id = header("webhook-id");
    const key = Buffer.from(WEBHOOK_SECRET.slice("whsec_".length), "base64");
    const signature = createHmac("sha256", key)
      .update(`${id}.${header("webhook-timestamp")}.${body}`)
      .digest("base64");
    const call = { id, told: JSON.parse(body), isSigned: header("webhook-signature") === `v1,${signature}` };
    calls.push(call);
    const accept = () => {
      accepted.push(call);
      end(response, 204);
    };
    if (how === "refuse") end(response, 503);
    else if (how === "hold") held.push(accept);
    else accept();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/moor`,
    calls,
    accepted,
    behave(next) {
      how = next;
      if (next === "accept") for (const accept of held.splice(0)) accept();
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function end(response: ServerResponse, status: number): void {
  response.writeHead(status).end();
}
