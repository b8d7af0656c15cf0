/**
 * Reads the cookie by which another balancer keeps a visitor on a server.
 *
 * @param value the cookie's value. A client may have made it up.
 * @returns the name that the balancer gives the server: an origin's `route`.
 */
export type ReadServerName = (value: string) => string;
