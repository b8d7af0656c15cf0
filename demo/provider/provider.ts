/**
 * The OpenID Connect provider of the demonstration, forked by `process.ts`: panva's oidc-provider on loopback. Its first message is
 * `Begin`.
 */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import Provider, { interactionPolicy } from "oidc-provider";
import { CALLBACK_PATH, LEFT_PATH } from "../../src/login/answers.ts";
import { accounts, CLAIMS } from "./accounts.ts";
import { type Begin, CLIENT_ID, type FromProvider, type TokenUse } from "./messages.ts";
import { contentSecurityPolicy, loginPage, logoutPage, messagePage } from "./pages.ts";
import { adapterOver, createRows } from "./rows.ts";

const FORM_BYTES = 4096;
const DAY_SECONDS = 86_400;

// Ctrl-C reaches every process of the terminal, but only the process that has forked this process ends it.
process.on("SIGINT", () => {});
process.on("disconnect", () => process.exit());

const [begin] = (await once(process, "message")) as [Begin];
const { setup } = begin;
const issuer = `http://127.0.0.1:${setup.port}`;
const shopUrl = setup.shopUrls[0] ?? "";

/** Resolves once the message has left this process, so that it arrives even if the process is killed then. */
function tell(message: FromProvider): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send?.(message, undefined, undefined, (fault) => (fault ? reject(fault) : resolve()));
  });
}

const rows = createRows(begin.rows, (key, row) => tell({ kind: "row", key, ...(row && { row }) }));

/** Of this file's pages. Pages of oidc-provider that send a form by themselves need its script. */
const pageHeaders = { "Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": contentSecurityPolicy };

/** An answer of oidc-provider that shows one of this file's pages. */
interface Shown {
  set(headers: Readonly<Record<string, string>>): void;
  body: string;
}

/** The parts of a request for an authorization that the hook for consents needs. */
interface Authorizing {
  readonly oidc: {
    readonly client: { readonly clientId: string };
    readonly session: { readonly accountId: string; grantIdFor(clientId: string): string | undefined };
  };
}

/** A code or a refresh token that was exchanged. */
interface Exchanged {
  readonly accountId: string;
  readonly sessionUid: string;
}

/** The parts of a request for tokens that are told. */
interface Granted {
  readonly oidc: {
    readonly params: Readonly<Record<string, unknown>>;
    readonly entities: { readonly AuthorizationCode?: Exchanged; readonly RefreshToken?: Exchanged };
  };
}

/** Moor asks for this prompt when a visitor wants another account. */
const policy = interactionPolicy.base();
policy.add(new interactionPolicy.Prompt({ name: "select_account", requestable: true }), 0);

const provider = new Provider(issuer, {
  adapter: adapterOver(rows),
  clients: [
    {
      client_id: CLIENT_ID,
      client_secret: setup.clientSecret,
      redirect_uris: setup.shopUrls.map((url) => url + CALLBACK_PATH),
      post_logout_redirect_uris: setup.shopUrls.map((url) => url + LEFT_PATH),
      grant_types: ["authorization_code", "refresh_token"],
      id_token_signed_response_alg: "ES256",
      require_auth_time: true,
    },
  ],
  claims: CLAIMS,
  jwks: { keys: [setup.key] },
  cookies: { keys: [setup.cookieKey] },
  features: {
    devInteractions: { enabled: false },
    rpInitiatedLogout: {
      logoutSource: (shown: Shown, form: string) => show(shown, logoutPage(form)),
      postLogoutSuccessSource: (shown: Shown) =>
        show(shown, messagePage("You are still logged in here", "The provider goes on knowing you.", shopUrl)),
    },
  },
  renderError: (shown: Shown, { error, error_description: why = "" }: Record<string, string>) =>
    show(shown, messagePage("The provider cannot do that", `It says: ${error}. ${why}`, shopUrl)),
  pkce: { required: () => true },
  interactions: { policy, url: (_: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
  issueRefreshToken: () => true,
  rotateRefreshToken: true,
  findAccount(_: unknown, accountId: string) {
    const account = accounts.get(accountId);
    return account && { accountId, claims: () => ({ sub: accountId, ...account }) };
  },
  /** Nobody is asked for a consent: the shop and the provider belong together. */
  async loadExistingGrant({ oidc: { client, session } }: Authorizing) {
    // A new grant would end the codes of the tabs before it.
    const id = session.grantIdFor(client.clientId);
    const known = id === undefined ? undefined : await provider.Grant.find(id);
    if (known) return known;
    const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
    grant.addOIDCScope([...Object.keys(CLAIMS), "offline_access"].join(" "));
    await grant.save();
    return grant;
  },
  ttl: {
    AuthorizationCode: 60,
    AccessToken: 600,
    IdToken: 3_600,
    Interaction: 3_600,
    RefreshToken: DAY_SECONDS,
    Session: DAY_SECONDS,
    Grant: DAY_SECONDS,
  },
});

provider.on("grant.success", ({ oidc: { params, entities } }: Granted) => {
  const exchanged = entities.AuthorizationCode ?? entities.RefreshToken;
  if (!exchanged) return;
  const { accountId: account, sessionUid: session } = exchanged;
  const use: TokenUse = {
    at: Date.now(),
    account,
    session,
    ...(entities.AuthorizationCode
      ? { kind: "code", codeDigest: createHash("sha256").update(String(params.code)).digest("hex") }
      : { kind: "refresh" }),
  };
  tell({ kind: "tokens", use }).catch(report);
});
provider.on("server_error", (_: unknown, fault: unknown) => report(fault));

const answerAsProvider = provider.callback();

/** Answers the provider's own form, and leaves everything else to oidc-provider. */
async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (!request.url?.startsWith("/interaction/")) return void answerAsProvider(request, response);
  if (request.method !== "POST") {
    return void response.writeHead(200, pageHeaders).end(loginPage(shopUrl));
  }
  const form = new URLSearchParams(await readBody(request));
  const account = form.get("account") ?? "";
  const result = accounts.has(account)
    ? { login: { accountId: account }, select_account: {} }
    : { error: "access_denied", error_description: "the visitor did not choose an account" };
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > FORM_BYTES) throw new Error(`a form above ${FORM_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function show(shown: Shown, page: string): void {
  shown.set(pageHeaders);
  shown.body = page;
}

function report(fault: unknown): void {
  console.error("provider  ", fault);
}

const server = createServer((request, response) => {
  answer(request, response).catch((fault: unknown) => {
    const isOver = fault instanceof Error && fault.name === "SessionNotFound";
    if (!isOver) report(fault);
    if (response.headersSent) response.destroy();
    else {
      response.writeHead(isOver ? 400 : 500, pageHeaders);
      const text = isOver ? "This form is too old, or your browser keeps no cookies." : "The terminal says why.";
      response.end(messagePage("The provider cannot do that", text, shopUrl));
    }
  });
});
server.listen(setup.port, "127.0.0.1");
await once(server, "listening");
await tell({ kind: "listening" });
