/** The questions that Moor asks of headers. */
export type ReadHeaders = Pick<Headers, "get" | "has">;

/** The parts of a request that Moor looks at. A `Request` has them, too. */
export interface AskedParts {
  readonly method: string;
  readonly url: string;
  readonly headers: ReadHeaders;
  /** Where and how the request reached the edge (https://developers.cloudflare.com/workers/runtime-apis/request/#incomingrequestcfproperties). */
  readonly cf?: object | undefined;
}
