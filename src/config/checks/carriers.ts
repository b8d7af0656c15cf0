import { carrierHeader, cookieDomain, cookiePath, isRecord } from "../grammar.ts";
import { describe, type Mistake } from "../mistakes.ts";

interface Item {
  value: Record<string, unknown>;
  path: string;
}

/** Mistakes between the values of carriers: cookies that browsers would refuse, and tokens that would be read by luck. */
export function carrierMistakes(input: unknown): Mistake[] {
  if (!Array.isArray(input)) return [];
  const carriers = input.flatMap((value, index) => (isRecord(value) ? [{ value, path: `carriers[${index}]` }] : []));
  return [
    ...carriers.flatMap((carrier) => (carrier.value.type === "cookie" ? cookieMistakes(carrier) : [])),
    ...repeated(carriers),
    ...carriers.slice(0, -1).flatMap(({ value, path }) => {
      if (value.type !== "url") return [];
      return [{ path, found: '"url" before another carrier', accepted: "the last carrier: anybody can make a link" }];
    }),
  ];
}

/** A configuration may have at most one cookie and one parameter of the URL. Its headers must have different names. */
function repeated(carriers: Item[]): Mistake[] {
  const first = new Map<string, string>();
  return carriers.flatMap(({ value, path }) => {
    const kind = kindOf(value);
    const earlier = kind && first.get(kind);
    if (kind && !earlier) first.set(kind, path);
    if (!earlier) return [];
    const accepted = value.type === "header" ? "a header that no other carrier has" : "one carrier of its type";
    return [{ path, found: `${describe(value.type)}, as at ${earlier}`, accepted }];
  });
}

function kindOf({ type, name = "Authorization" }: Record<string, unknown>): string | undefined {
  if (type === "cookie" || type === "url") return type;
  return type === "header" && carrierHeader.accepts(name) ? `header ${name.toLowerCase()}` : undefined;
}

function cookieMistakes({ value, path }: Item): Mistake[] {
  const { prefix = "__Host-", sameSite = "lax" } = value;
  const isHostOnly = prefix === "__Host-";
  const refused = (key: string, accepted: string) => ({
    path: `${path}.${key}`,
    found: describe(value[key]),
    accepted,
  });
  const mistakes: Mistake[] = [];
  const domains = [value.domain].flat().map((name, index) => ({ name, index }));
  const right = domains.filter(({ name }) => cookieDomain.accepts(name)) as { name: string; index: number }[];
  if (isHostOnly && right.length > 0) {
    mistakes.push(
      refused(
        "domain",
        'none with prefix "__Host-", since browsers refuse that; "__Secure-" lets any subdomain set the cookie',
      ),
    );
  }
  if (isHostOnly && cookiePath.accepts(value.path) && value.path !== "/") {
    mistakes.push(
      refused(
        "path",
        '"/" with prefix "__Host-", since browsers refuse others; "__Secure-" lets any subdomain set the cookie',
      ),
    );
  }
  for (const { name, index } of right) {
    const wider = right.find((other) => other.index !== index && isWithin(name, other.name));
    if (!wider || (wider.name === name && wider.index > index)) continue;
    mistakes.push({
      path: `${path}.domain[${index}]`,
      found: describe(name),
      accepted: `a domain that is not within ${wider.name}, since a browser would hold two tokens for its hosts`,
    });
  }
  if (value.partitioned === true && sameSite !== "none") {
    mistakes.push(refused("partitioned", 'true only with sameSite "none": it is for pages embedded by other sites'));
  }
  return mistakes;
}

function isWithin(host: string, domain: string): boolean {
  return host === domain || host.endsWith(`.${domain}`);
}
