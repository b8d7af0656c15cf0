import type { ResolvedLogin } from "../config/resolved.ts";
import { createKeySet, type KeySet } from "../lib/key-set.ts";
import type { JsonObject } from "../session/patch.ts";
import { type AskProvider, Ended } from "./provider-call.ts";

/** What the provider says of itself (OpenID Connect Discovery 1.0). Each function throws {@link Ended} if the provider does not say it. */
export interface Discovery {
  metadata(): Promise<JsonObject>;
  /** An address in the metadata. Only a provider on this machine may speak http. */
  endpoint(name: string): Promise<string>;
}

const METADATA_AGE_MS = 600_000;

/** @param clock milliseconds since 1970. */
export function createDiscovery(
  { issuer }: Pick<ResolvedLogin, "issuer">,
  { ask, clock }: { readonly ask: AskProvider; readonly clock: () => number },
): Discovery {
  /** Only finished answers are kept: on Workers, a promise of one request may never settle for another. */
  let known: { readonly metadata: JsonObject; readonly readAt: number } | undefined;

  async function metadata(): Promise<JsonObject> {
    if (known && clock() - known.readAt < METADATA_AGE_MS) return known.metadata;
    try {
      const read = await ask("discovery", `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`);
      if (read.issuer !== issuer) throw new Ended("unavailable", "discovery: another issuer");
      known = { metadata: read, readAt: clock() };
      return read;
    } catch (fault) {
      // While the provider is away, its addresses stay as they were.
      if (known) return known.metadata;
      throw fault;
    }
  }

  async function endpoint(name: string): Promise<string> {
    const url = (await metadata())[name];
    const isRight =
      typeof url === "string" && URL.canParse(url) && (url.startsWith("https:") || issuer.startsWith("http:"));
    if (!isRight) throw new Ended("unavailable", `discovery: no ${name} by https`);
    return url;
  }

  return { metadata, endpoint };
}

/** The keys at `jwks_uri`, by which the provider signs tokens. They throw {@link Ended} while they are not known. */
export function createProviderKeys(endpoint: Discovery["endpoint"], ask: AskProvider, clock: () => number): KeySet {
  return createKeySet({
    load: async () => (await ask("keys", await endpoint("jwks_uri"))).keys,
    unavailable: (reason) => new Ended("unavailable", `keys: ${reason}`),
    clock,
  });
}
