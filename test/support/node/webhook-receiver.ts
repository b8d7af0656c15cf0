import { createHmac } from "node:crypto";
import type { ServerResponse } from "node:http";
import { startLocalOrigin } from "./local-origin.ts";

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
  /** How many calls it holds whose sender still waits for the answer. */
  readonly waiting: number;
  /** From now on: accepts calls, refuses them with 503, or holds its answers back. Answers that it holds are given on `accept`. */
  behave(how: "accept" | "refuse" | "hold"): void;
  stop(): Promise<void>;
}

export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const calls: ReceivedCall[] = [];
  const accepted: ReceivedCall[] = [];
  const held = new Map<ServerResponse, () => void>();
  let how: "accept" | "refuse" | "hold" = "accept";
  const server = await startLocalOrigin("receiver");
  server.answers(async (request, response) => {
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
    else if (how === "hold") {
      held.set(response, accept);
      response.on("close", () => held.delete(response));
    } else accept();
  });
  return {
    url: `${server.url}/moor`,
    calls,
    accepted,
    get waiting() {
      return held.size;
    },
    behave(next) {
      how = next;
      if (next === "accept") for (const accept of held.values()) accept();
    },
    stop: () => server.stop(),
  };
}

function end(response: ServerResponse, status: number): void {
  response.writeHead(status).end();
}
