/**
 * Answers requests for its own paths. Returns `undefined` if it has no such path, or does not support the method there. HEAD is
 * answered like GET.
 */
export type Api = (request: Request, url: URL) => Promise<Response> | undefined;
