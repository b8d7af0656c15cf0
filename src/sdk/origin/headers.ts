interface FetchHeaders {
  get(name: string): string | null;
}
type NodeHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** Where request headers are read: a Node `IncomingMessage`, a Fetch `Request`, or its `Headers`. */
export type HeaderSource = FetchHeaders | { readonly headers: FetchHeaders | NodeHeaders };

interface MutableHeaders {
  append(name: string, value: string): void;
  delete(name: string): void;
}
interface NodeResponse {
  setHeader(name: string, value: string[]): unknown;
  removeHeader(name: string): void;
}

/** Where response headers are written: a Node `ServerResponse`, a Fetch `Response`, or its `Headers`. */
export type HeaderTarget = NodeResponse | MutableHeaders | { readonly headers: MutableHeaders };

/** The header's value, `undefined` if it is absent. `name` is in lower case, as Node has it. */
export function readHeader(source: HeaderSource, name: string): string | undefined {
  const headers = "headers" in source ? source.headers : source;
  const value = hasGet(headers) ? headers.get(name) : headers[name];
  return Array.isArray(value) ? value.join(", ") : (value ?? undefined);
}

/** Sets the entries on the response, several of a name apart, after removing what it has of `names`. */
export function replaceHeaders(
  target: HeaderTarget,
  names: readonly string[],
  entries: readonly (readonly [name: string, value: string])[],
): void {
  if ("setHeader" in target) {
    for (const name of names) {
      const values = entries.filter(([entry]) => entry === name).map(([, value]) => value);
      if (values.length > 0) target.setHeader(name, values);
      else target.removeHeader(name);
    }
    return;
  }
  const headers = "headers" in target ? target.headers : target;
  for (const name of names) headers.delete(name);
  for (const [name, value] of entries) headers.append(name, value);
}

function hasGet(headers: FetchHeaders | NodeHeaders): headers is FetchHeaders {
  return typeof headers.get === "function";
}
