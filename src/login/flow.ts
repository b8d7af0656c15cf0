import { fillHandling } from "../config/defaults.ts";
import type { RequireConfig } from "../config/login-types.ts";
import type { ResolvedConfig, ResolvedLogin } from "../config/resolved.ts";
import { isTokenKeptBack } from "../inbound/cross-site.ts";
import type { AskedParts } from "../lib/asked.ts";
import { clearSiteData } from "../lib/clear-site-data.ts";
import type { Handling, Responded, Visit } from "../request/exchange.ts";
import { isSamePerson, judge, type Verdict } from "../session/login.ts";
import { type Intent, NO_INTENT } from "../session/session.ts";
import type { OpenedSession } from "../store/open-session.ts";
import { askAgainFromHere, CALLBACK_PATH, type LoginFailure, ownAnswer, redirectTo } from "./answers.ts";
import { destinationOf, keptPathOf } from "./destination.ts";
import type { Envelopes, Opened, Prompt, Started } from "./envelope.ts";
import { type Failing, failLogin } from "./failing.ts";
import type { Grants } from "./grants.ts";
import { claimsOf, identityOf } from "./identity.ts";
import { countedLogins, tellLogin } from "./login-count.ts";
import type { Provider } from "./provider.ts";

/** What the steps of a login need. */
export interface FlowParts {
  readonly login: ResolvedLogin;
  /** What the browser of a visitor forgets when they change to another account. */
  readonly forgets: ResolvedConfig["logout"]["clearSiteData"];
  /** The hosts at which visitors log in by this login. */
  readonly hosts: readonly string[];
  readonly envelopes: Envelopes;
  /** Seals the refresh token of a login. Default: no refresh token is kept. */
  readonly grants: Pick<Grants, "seal"> | undefined;
  readonly provider: Provider;
  /** Everything that a page of this site requires; `unreadable`: see `Guard`. */
  readonly requiredAt: (target: URL, request: AskedParts) => readonly RequireConfig[] | "unreadable";
  /** Whether the authority of a session cannot be reached now: then a login could begin, and could not be finished. */
  readonly isAway: (opened: OpenedSession) => Promise<boolean>;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

/** How often a login may begin again before a page says why it does not end. */
const MOST_TRIES = 4;
/** How many finished logins within a minute show that a page asks without end. */
const MOST_LOGINS = 4;
/** How long a visitor may stay at the provider, in milliseconds. */
const LONGEST_MS = 3_600_000;

/** How the requests of a login handle sessions. */
export const HANDLING: Handling = {
  session: true,
  // The newest generation decides whether a login is needed. A provider's page sends the visitor back.
  ...fillHandling({ freshness: "strict", onStale: "refuse", crossSite: "allow" }),
};

/** The steps of a login. Each answers a request, and the exchange gives the token and commits the login. */
export interface Flow {
  /** Sends a visitor to the provider. */
  begin(visit: Visit, opened: OpenedSession, ask: Begin): Promise<Responded>;
  /** Answers {@link LOGIN_PATH}. */
  start(visit: Visit, opened: OpenedSession): Promise<Responded>;
  /** Answers {@link CALLBACK_PATH}. */
  finish(visit: Visit, opened: OpenedSession): Promise<Responded>;
}

/** A login that begins. */
export interface Begin {
  readonly to: URL;
  readonly verdict: Verdict;
  /** Default 0. */
  readonly tries?: number;
  /** Default: the visitor need not choose an account. */
  readonly other?: Prompt | undefined;
}

/** Puts the steps of a login together. */
export function createFlow(parts: FlowParts): Flow {
  const { login, forgets, hosts, envelopes, grants, provider, requiredAt, isAway, clock } = parts;
  const wantedClaims = claimsOf(login);

  function fail(visit: Visit, code: LoginFailure, options: Omit<Failing, "hosts">): Responded {
    visit.observer.loggedIn(code);
    return ownAnswer(failLogin(visit, code, { hosts, ...options }));
  }
  const back = ({ href }: URL) => ownAnswer(redirectTo(href, 303));

  async function begin(visit: Visit, opened: OpenedSession, { to, verdict, tries = 0, other }: Begin) {
    const { request, url } = visit;
    if (!hosts.includes(url.hostname)) return ownAnswer(visit.observer.refused("bad_request", "login: host"));
    if (await isAway(opened)) return fail(visit, "login_unavailable", { to, reason: "sessions cannot be reached" });
    if (countedLogins(request, url) >= MOST_LOGINS) return fail(visit, "login_loops", { to });
    const { id, generation } = opened.session.token;
    const started: Started = {
      login: login.id,
      session: id,
      generation,
      to: keptPathOf(to),
      at: clock(),
      tries,
      other,
    };
    const sealed = await envelopes.seal(started);
    const ask = { ...sealed, redirectUri: url.origin + CALLBACK_PATH, verdict, prompt: other };
    const address = await provider.addressFor(ask);
    if (address.kind !== "address") return fail(visit, "login_unavailable", { to, reason: address.reason });
    visit.observer.loggedIn("begun");
    return ownAnswer(redirectTo(address.url.href, 302));
  }

  /** The page that somebody wants who has asked to log in, and what it requires. `undefined`: this site has no such page. */
  function wantedAt(path: string, { request, url }: Visit): Wanted | undefined {
    const to = destinationOf(path, url);
    const required = to && requiredAt(to, request);
    return required && required !== "unreadable" ? { to, asked: [...required, "login"] } : undefined;
  }

  return {
    begin,

    async start(visit, opened) {
      const query = visit.url.searchParams;
      const wanted = wantedAt(query.get("to") ?? "/", visit);
      if (!wanted) return ownAnswer(visit.observer.refused("bad_request", "login: to"));
      const { to, asked } = wanted;
      const other = query.get("as") === "other" ? "select_account" : undefined;
      const verdict = judge(opened.session.view?.login, asked, login, clock());
      return isMet(verdict) && !other ? back(to) : begin(visit, opened, { to, verdict, other });
    },

    async finish(visit, opened) {
      const { request, url, client } = visit;
      if (isTokenKeptBack(request, url, client)) return ownAnswer(askAgainFromHere(url));
      const sealed = await envelopes.open(url.searchParams.get("state") ?? "");
      // An envelope of another login must not lead to this one: the code could be that of another provider.
      const wanted = sealed && sealed.login === login.id ? wantedAt(sealed.to, visit) : undefined;
      if (!sealed || !wanted) return fail(visit, "login_failed", { reason: "state" });
      const { to, asked } = wanted;
      const { other } = sealed;
      const before = judge(opened.session.view?.login, asked, login, clock());
      if (isMet(before) && !other) return back(to);
      if (!isOwn(sealed, visit) || clock() - sealed.at > LONGEST_MS) {
        const tries = sealed.tries + 1;
        return tries < MOST_TRIES
          ? begin(visit, opened, { to, verdict: before, tries, other })
          : fail(visit, client.token ? "login_failed" : "cookies_refused", { to, reason: "begun too often" });
      }
      return identify(visit, opened, { sealed, to, asked, before });
    },
  };

  /** Spends the code, judges the login that it gives, and asks for the commit. */
  async function identify(visit: Visit, opened: OpenedSession, { sealed, to, asked, before }: Callback) {
    const { request, url } = visit;
    const { other } = sealed;
    const flow = { ...sealed, redirectUri: url.origin + CALLBACK_PATH };
    const identified = await provider.identify(url.searchParams, flow, wantedClaims);
    if (identified.kind === "unavailable") {
      return fail(visit, "login_unavailable", { to, reason: identified.reason });
    }
    if (identified.kind === "refused") {
      const error = url.searchParams.get("error");
      const isUnknown = other === "select_account" && error === "invalid_request";
      if (isUnknown) return begin(visit, opened, { to, verdict: before, other: "login" });
      const code = error === "access_denied" ? "login_denied" : "login_failed";
      return fail(visit, code, { to, reason: identified.reason });
    }
    const identity = await identityOf(identified.claims, login, clock());
    if (identity.kind === "too-large") return fail(visit, "claims_too_large", { to });
    const current = opened.session.view?.login;
    const isStepUp = before.kind === "step-up" && !other;
    const isOther = !isSamePerson(current, identity.login);
    if (isStepUp && isOther) return fail(visit, "other_account", { to });
    // A provider that cannot deliver now will not deliver at the next redirect either.
    if (judge(identity.login, asked, login, clock()).kind === "step-up") return fail(visit, "step_up_refused", { to });
    visit.observer.loggedIn("done");
    const done = redirectTo(to.href, 303);
    // The account that was logged in is logged out by that.
    if (current && isOther) clearSiteData(done, forgets);
    const count = countedLogins(request, url);
    tellLogin(done, url, count + 1);
    const { principal } = identity;
    // The commit finds out whether another tab has just logged in.
    const intent: Intent = { ...NO_INTENT, principal, login: identity.login, joins: count === 0 };
    if (!(typeof MOOR_REFRESH === "undefined" || MOOR_REFRESH) || !grants || !identified.refreshToken)
      return ownAnswer(done, intent);
    return ownAnswer(done, { ...intent, grant: await grants.seal(identity.login, identified.refreshToken) });
  }
}

/** A page that a visitor wants, and everything that it requires. */
interface Wanted {
  readonly to: URL;
  readonly asked: readonly RequireConfig[];
}

/** A callback whose envelope is genuine, and belongs to its visitor. */
interface Callback extends Wanted {
  readonly sealed: Opened;
  /** The verdict on the visitor before this login. */
  readonly before: Verdict;
}

/** Whether another login would change nothing. A role that is missing will be missing again. */
function isMet({ kind }: Verdict): boolean {
  return kind !== "login" && kind !== "step-up";
}

function isOwn({ session, generation }: Started, { client: { token } }: Visit): boolean {
  return token?.id === session && token.generation === generation;
}
