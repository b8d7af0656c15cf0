import type { ReadServerName } from "./balancer.ts";

/** `sticky cookie` of nginx: the `route` of the server, else the MD5 of its address and port, in hexadecimal digits. */
export const nginx: ReadServerName = (value) => value;
