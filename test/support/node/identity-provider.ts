import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import Provider from "oidc-provider";

/** A real OpenID Connect provider on loopback: panva's oidc-provider. */
export interface IdentityProvider {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** The requests that it has received, in order: method and path without the query. */
  readonly asked: string[];
  /** The tokens that it has given to the client. */
  readonly tokens: string[];
  /** How many codes it has exchanged. */
  readonly exchanges: number;
  /** How many refresh tokens it has taken, and how many it has refused. Each is good for once. */
  readonly refreshes: number;
  readonly refusals: number;
  /** Its accounts by their names. Any other name is an account without claims. `undefined`: the account is closed. */
  accounts: Readonly<Record<string, Account | undefined>>;
  /** The addresses to which it sends visitors back. They may change until its first request. */
  redirectUris: readonly string[];
  /** Where it tells of a session of its own that has ended. It may change until its first request. */
  backchannelUri: string | undefined;
  /** Signs a token with its key. */
  sign(claims: object, header?: object): Promise<string>;
  /** What it answers to every request while set, as a provider in trouble does. */
  trouble: number | undefined;
  /** After it has spent a code or a refresh token, or has revoked one, it waits for this before it answers. Default: it answers at once. */
  beforeAnswer: (() => Promise<void>) | undefined;
  /** How many visitors it waits for before it answers any of them. While 0, it answers each at once. */
  gathers: number;
  stop(): Promise<void>;
}

/** What a provider says of an account. */
export type Account = Readonly<Record<string, unknown>>;

export interface IdentityProviderOptions {
  /** The addresses to which it sends visitors back. */
  readonly redirectUris: readonly string[];
  /** By their names. Any other name is an account without claims. */
  readonly accounts?: Readonly<Record<string, Account>>;
  /** Whether each login gets a refresh token. Default `false`. */
  readonly refreshes?: boolean;
  /** The method of a login that the visitor confirms with a second factor. Default: there is none. */
  readonly acr?: string;
  /** The secret of its client. Default: one that all providers of tests share. */
  readonly clientSecret?: string;
}

const CLIENT_ID = "moor";
const CLIENT_SECRET = "a-secret-of-the-client-that-no-answer-may-hold";
const CLAIMS = { openid: ["sub"], email: ["email", "email_verified"], groups: ["groups"], profile: ["name"] };

/**
 * Starts a provider. Its login is a form with the fields `login` and `factor`. An account that is logged in there is not asked again, and
 * nobody is asked for a consent.
 */
export async function startIdentityProvider(options: IdentityProviderOptions): Promise<IdentityProvider> {
  const { redirectUris, accounts = {}, acr, refreshes = false, clientSecret = CLIENT_SECRET } = options;
  const { privateKey } = await generateKeyPair("ES256", { extractable: true });
  const jwk = { ...(await exportJWK(privateKey)), kid: "the-key", alg: "ES256", use: "sig" };
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let made: Provider | undefined;
  const providerNow = () => {
    made ??= make();
    return made;
  };
  const make = () => {
    const provider = new Provider(issuer, {
      clients: [
        {
          client_id: CLIENT_ID,
          client_secret: clientSecret,
          redirect_uris: known.redirectUris,
          grant_types: ["authorization_code", ...(refreshes ? ["refresh_token"] : [])],
          id_token_signed_response_alg: "ES256",
          ...(known.backchannelUri !== undefined && {
            backchannel_logout_uri: known.backchannelUri,
            backchannel_logout_session_required: true,
          }),
          post_logout_redirect_uris: known.redirectUris.map((uri) => uri.replace(/callback$/, "left")),
        },
      ],
      claims: CLAIMS,
      acrValues: acr === undefined ? [] : [acr],
      jwks: { keys: [jwk] },
      features: {
        devInteractions: { enabled: false },
        backchannelLogout: { enabled: true },
        revocation: { enabled: true },
      },
      // Its own way out refuses loopback.
      fetch: (url: URL, { dispatcher: _, ...init }: RequestInit & { dispatcher?: unknown }) => fetch(url, init),
      pkce: { required: () => true },
      interactions: { url: (_: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
      issueRefreshToken: () => refreshes,
      rotateRefreshToken: true,
      findAccount: (_: unknown, accountId: string) =>
        accountId in known.accounts && known.accounts[accountId] === undefined
          ? undefined
          : { accountId, claims: () => ({ sub: accountId, ...known.accounts[accountId] }) },
      async loadExistingGrant({ oidc: { client, session } }: Authorizing) {
        // A new grant would end the codes of the tabs before it.
        const id = session.grantIdFor(client.clientId);
        // A refresh token that came twice has ended the grant.
        const known = id === undefined ? undefined : await providerNow().Grant.find(id);
        if (known) return known;
        const grant = new (providerNow().Grant)({ clientId: client.clientId, accountId: session.accountId });
        grant.addOIDCScope(Object.keys(CLAIMS).join(" "));
        await grant.save();
        return grant;
      },
      cookies: { keys: ["a key of a test"] },
      ttl: {
        AuthorizationCode: 60,
        AccessToken: 600,
        IdToken: 3_600,
        Interaction: 600,
        RefreshToken: 3_600,
        Session: 3_600,
        Grant: 3_600,
      },
    });
    provider.on("grant.success", ({ body, oidc: { params } }: Granted) => {
      if (params.grant_type === "refresh_token") known.refreshes++;
      else known.exchanges++;
      known.tokens.push(String(body.access_token), String(body.id_token));
      if (body.refresh_token !== undefined) known.tokens.push(String(body.refresh_token));
    });
    provider.on("grant.error", ({ oidc: { params } }: Granted) => {
      if (params?.grant_type === "refresh_token") known.refusals++;
    });
    return provider;
  };
  const known: IdentityProvider & { exchanges: number; refreshes: number; refusals: number } = {
    issuer,
    clientId: CLIENT_ID,
    clientSecret,
    asked: [],
    exchanges: 0,
    refreshes: 0,
    refusals: 0,
    accounts,
    tokens: [],
    redirectUris,
    backchannelUri: undefined,
    sign: (claims, header) =>
      new SignJWT({ ...claims })
        .setProtectedHeader({ alg: "ES256", kid: "the-key", typ: "logout+jwt", ...header })
        .sign(privateKey),
    trouble: undefined,
    beforeAnswer: undefined,
    gathers: 0,
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
  const waiting: (() => void)[] = [];
  server.on("request", async (request: IncomingMessage, response: ServerResponse) => {
    const { pathname } = new URL(request.url ?? "/", issuer);
    known.asked.push(`${request.method} ${pathname}`);
    if (pathname === "/auth" && known.gathers > 0) {
      const { promise: areGathered, resolve } = Promise.withResolvers<void>();
      waiting.push(resolve);
      if (waiting.length >= known.gathers) {
        known.gathers = 0;
        for (const goOn of waiting) goOn();
      }
      await areGathered;
    }
    if (pathname.startsWith("/token") && known.beforeAnswer) {
      const { beforeAnswer } = known;
      const end = response.end.bind(response);
      response.end = (chunk?: unknown) => {
        void beforeAnswer().then(() => end(chunk));
        return response;
      };
    }
    if (known.trouble !== undefined) {
      response.writeHead(known.trouble).end("in trouble");
    } else if (!pathname.startsWith("/interaction/")) providerNow().callback()(request, response);
    else if (request.method === "POST") {
      const form = new URLSearchParams(await textOf(request));
      const login = form.get("login") ?? "";
      const result = form.has("cancel")
        ? { error: "access_denied", error_description: "<b>no</b>" }
        : { login: { accountId: login, ...(form.has("factor") ? { acr, amr: ["otp"] } : {}) } };
      await providerNow().interactionFinished(request, response, result, { mergeWithLastSubmission: false });
    } else {
      response.setHeader("Content-Type", "text/html");
      response.end(`<form method="post"><input name="login"><button>Log in</button></form>`);
    }
  });
  return known;
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

/** The parts of a request for tokens that the tests look at. */
interface Granted {
  readonly body: Record<string, unknown>;
  readonly oidc: { readonly params: Record<string, unknown> };
}

/** The parts of a request for an authorization that the provider's hook for consents needs. */
interface Authorizing {
  readonly oidc: {
    readonly client: { readonly clientId: string };
    readonly session: { readonly accountId: string; grantIdFor(clientId: string): string | undefined };
  };
}

/** A browser at a provider: it keeps the provider's cookies, and follows redirects there. */
export class ProviderVisitor {
  readonly #cookies = new Map<string, string>();

  /** Goes to an address of the provider, and logs in if the provider asks. Returns the address of the callback. */
  async logIn(address: string, form: Record<string, string>): Promise<URL> {
    const { origin } = new URL(address);
    let next = address;
    for (let steps = 0; steps < 10; steps++) {
      const url = new URL(next, origin);
      if (url.origin !== origin) return url;
      const response = await this.#send(url, url.pathname.startsWith("/interaction/") ? form : undefined);
      const location = response.headers.get("Location");
      if (location === null) throw new Error(`the provider answers ${response.status}: ${await response.text()}`);
      await response.body?.cancel();
      next = location;
    }
    throw new Error("the provider redirects without end");
  }

  /** Goes to an address of the provider, and confirms the logout. Returns the address to which the provider leads. */
  async logOut(address: string): Promise<URL> {
    const page = await (await this.#send(new URL(address))).text();
    const [, xsrf = ""] = /name="xsrf" value="([^"]+)"/.exec(page) ?? [];
    const response = await this.#send(new URL("/session/end/confirm", address), { xsrf, logout: "yes" });
    const location = response.headers.get("Location");
    if (location === null) throw new Error(`the provider answers ${response.status}: ${await response.text()}`);
    await response.body?.cancel();
    return new URL(location);
  }

  async #send(url: URL, form?: Record<string, string>): Promise<Response> {
    const response = await fetch(url, {
      method: form ? "POST" : "GET",
      redirect: "manual",
      headers: { Cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ") },
      ...(form && { body: new URLSearchParams(form) }),
    });
    for (const line of response.headers.getSetCookie()) {
      const [name = "", value = ""] = (line.split(";", 1)[0] as string).split("=");
      if (value === "") this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
    return response;
  }
}
