import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/** A port of loopback that nothing listens on: it takes root, and is nobody's. */
export const DEAD_PORT = 1;

/** Below those that the system itself gives to whoever asks for any port: one of these could be taken at once. */
const [FIRST, LAST] = [12_000, 32_000];

/** A port on loopback that nothing listened on a moment ago. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST, LAST);
    const server = createServer().listen(port, "127.0.0.1");
    const isFree = await Promise.race([
      once(server, "listening").then(() => true),
      once(server, "error").then(() => false),
    ]).catch(() => false);
    if (!isFree) continue;
    server.close();
    await once(server, "close");
    return port;
  }
}
