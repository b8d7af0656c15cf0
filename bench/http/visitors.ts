import { setTimeout as sleep } from "node:timers/promises";
import { SETTLE_MS } from "../../src/session/freshness.ts";
import { Client } from "../../test/support/node/client.ts";

/** The most bytes of attributes that a response may ask for; see `MAX_PATCH_HEADER_BYTES`. */
const MOST_PATCH_BYTES = 15_000;
const AT_ONCE = 20;

/** The `Cookie` headers of visitors whose sessions hold `recordBytes` and whose tokens have come back and settled. */
export async function returningVisitors(port: number, count: number, recordBytes: number): Promise<string[]> {
  const cookies: string[] = [];
  for (let done = 0; done < count; done += AT_ONCE) {
    const batch = Array.from({ length: Math.min(AT_ONCE, count - done) }, () => visitor(port, recordBytes));
    cookies.push(...(await Promise.all(batch)));
  }
  await sleep(SETTLE_MS + 500);
  return cookies;
}

async function visitor(port: number, recordBytes: number): Promise<string> {
  const client = new Client(port);
  await client.ask("/");
  for (let held = 0, part = 0; held < recordBytes; held += MOST_PATCH_BYTES, part++) {
    const bytes = Math.min(MOST_PATCH_BYTES, recordBytes - held);
    await client.ask(`/patch/part${part}/${bytes}`, { method: "POST" });
  }
  // The first return is a touch, which gives a new token.
  await client.ask("/");
  client.close();
  return [...client.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
}

/** A browser's request as it goes on the wire, with its own cookie next to Moor's. */
export function requestText(
  target: string,
  options: { method?: "GET" | "POST"; cookie?: string | undefined; address?: string } = {},
): string {
  const { method = "GET", cookie, address = "203.0.113.7" } = options;
  const lines = [
    `${method} ${target} HTTP/1.1`,
    "Host: shop.test",
    "X-Forwarded-Proto: https",
    `CF-Connecting-IP: ${address}`,
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language: en-US,en;q=0.5",
    "Accept-Encoding: gzip, deflate, br, zstd",
    "Sec-Fetch-Dest: document",
    "Sec-Fetch-Mode: navigate",
    "Sec-Fetch-Site: same-origin",
    `Cookie: theme=dark${cookie === undefined ? "" : `; ${cookie}`}`,
    ...(method === "POST" ? ["Content-Length: 0"] : []),
  ];
  return `${lines.join("\r\n")}\r\n\r\n`;
}
