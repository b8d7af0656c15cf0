/** Answers requests for paths of its own; `undefined`: it has nothing there, or not by this method. Of HEAD as of GET. */
export type Api = (request: Request, url: URL) => Promise<Response> | undefined;
