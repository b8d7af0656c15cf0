import type { ReadServerName } from "./balancer.ts";

/** `sticky.cookie` of Traefik 3: the first 16 hexadecimal digits of the SHA-256 of the server's URL. */
export const traefik: ReadServerName = (value) => value;
