import type { ReadServerName } from "./balancer.ts";

/**
 * `cookie NAME insert`, `rewrite` or `prefix` of HAProxy: the server's own value. `insert` with `maxidle` or `maxlife` puts dates behind a
 * bar, and `prefix` puts the application's value behind a tilde.
 */
export const haproxy: ReadServerName = (value) => value.replace(/[|~].*/, "");
