import type { ReadServerName } from "./balancer.ts";

/**
 * `affinity-mode: persistent` of ingress-nginx: the MD5 of the backend's name and the endpoint, in hexadecimal digits, and a hash of the
 * backend behind a bar. In the mode `balanced` the value names no server.
 */
export const ingressNginx: ReadServerName = (value) => value.replace(/\|.*/, "");
