import type { SendNote } from "./notes.ts";

/** How long a receiver may take to answer. */
const DEADLINE_MS = 10_000;
const PREFIX = "whsec_";

/**
 * Sends notes as Standard Webhooks 1.0.0 describes it, signed with HMAC-SHA256. A redirect is no delivery.
 *
 * @param secret `whsec_` and the key as base64.
 */
export function createSendNote(secret: string, clock: () => number): SendNote {
  return async (url, { id, body }) => {
    const timestamp = Math.floor(clock() / 1000);
    const headers = {
      "Content-Type": "application/json",
      "webhook-id": id,
      "webhook-timestamp": String(timestamp),
      "webhook-signature": `v1,${await signatureOf(secret, `${id}.${timestamp}.${body}`)}`,
    };
    const signal = AbortSignal.timeout(DEADLINE_MS);
    const response = await fetch(url, { method: "POST", headers, body, redirect: "manual", signal });
    await response.body?.cancel();
    if (!response.ok) throw new Error(`the receiver answers ${response.status}`);
  };
}

/** Whether a text is a secret of at least 24 bytes. */
export function isWebhookSecret(text: string | undefined): text is string {
  return text !== undefined && /^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/.test(text);
}

async function signatureOf(secret: string, text: string): Promise<string> {
  const bytes = Uint8Array.from(atob(secret.slice(PREFIX.length)), (character) => character.charCodeAt(0));
  const key = await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const signature = await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(text));
  return btoa(String.fromCharCode(...new Uint8Array(signature)));
}
