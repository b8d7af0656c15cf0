import { REFRESH_SECONDS } from "../../protocol.ts";
import type { LoginFlow, LoginPanelView } from "./view.ts";

/** A step of a login, in words. */
export interface Step {
  readonly id: "redirect" | "state" | "provider" | "exchange" | "handoff" | "renewal" | "logout";
  readonly title: string;
  readonly text: string;
}

const SHOWN_STATE = 12;

/** The cookies that Moor may set with a redirect, in words. */
function cookiesInWords(cookies: readonly string[]): string {
  if (cookies.length === 0) return "The answer set no cookie at all.";
  return `The answer set only ${cookies.join(" and ")}: the token of your session, which each visitor of this site has.`;
}

/** Everything that has happened in a login, in order. */
export function stepsOf(view: LoginPanelView & { readonly flow: LoginFlow }): Step[] {
  const { address, flow, now } = view;
  const { redirected, returnedAt, ledTo } = flow.trace;
  const account = flow.uses[0]?.account ?? "the account that you chose";
  const isLink = redirected.asked.startsWith("/.moor/");
  return [
    {
      id: "redirect",
      title: isLink ? "You followed a link to log in" : `You asked for ${redirected.asked}`,
      text: `${
        isLink
          ? "Moor answered that link itself"
          : "This page requires a login, and you had none. No server saw your request: Moor answered it itself"
      }, with a redirect (302) to ${address}. Moor redirects only a page that a person opens. A script or a form gets 401 instead.`,
    },
    {
      id: "state",
      title: "The state of the login went along in the address",
      text: `It has ${redirected.state.length} characters: ${redirected.state.slice(0, SHOWN_STATE)}… It is sealed, and says which session asked, for which page, and when. Moor stored nothing, and no cookie holds the state, so five tabs can log in at once. ${cookiesInWords(redirected.cookies)}`,
    },
    {
      id: "provider",
      title: "The provider learned who you are",
      text: `If it did not know you yet, it showed its own form. It sent your browser back to Moor’s callback with the same state and a code, ${secondsIn(returnedAt - redirected.at)} after the redirect.`,
    },
    {
      id: "exchange",
      title: "Moor exchanged the code, without your browser",
      text: `Moor opened the state, and saw that it was made for your session. Then it gave the code to the provider and learned that you are ${account}, with a name, an e-mail address and groups. It stored this with your session, gave your browser a new cookie for it, and led you to ${ledTo}. A code is good for a single exchange.`,
    },
    {
      id: "handoff",
      title: "Your servers are told, with each request",
      text: `The handoff says that the principal is ${account}. Its claim “login” has the provider, the times, the roles, and the claims name, email and groups. “Your orders” shows them all. No server gets a token of the provider: the object of your session alone keeps the refresh token, and it is sealed.`,
    },
    { id: "renewal", title: "The provider confirms the login each minute", text: renewalOf(view, now) },
  ];
}

/** When a login was last confirmed, and when it is confirmed again. */
function renewalOf(
  { flow: { trace, uses }, provider }: LoginPanelView & { readonly flow: LoginFlow },
  now: number,
): string {
  const renewals = uses.filter(({ kind }) => kind === "refresh").length;
  const confirmedAt = uses.at(-1)?.at ?? trace.returnedAt;
  const dueIn = confirmedAt + REFRESH_SECONDS * 1000 - now;
  const past = `The last time was ${secondsIn(now - confirmedAt)} ago${
    renewals === 0 ? ", at the login" : `, the ${ordinal(renewals)} time since the login`
  }.`;
  if (dueIn > 0) {
    return `${past} The first page that you open ${secondsIn(dueIn)} from now, or later, has Moor ask again, by the refresh token. Until then no request asks the provider.`;
  }
  return provider === "away"
    ? `${past} Moor should ask again, but the provider is dead. That changes nothing for you: Moor tries again every ten seconds, and serves you meanwhile.`
    : `${past} Moor asks again at one of your next pages.`;
}

/** The logout in words. */
export const LOGOUT =
  "“Here” ends your session at Moor, for every copy of its cookie, and your basket with it. The provider still knows you, so “Your orders” logs you in again without a form. “Here and at the provider” also leads you to the provider, which asks whether it should forget you, too.";

/** The behaviour that a visitor should expect of the provider in its state. */
export function expectation({ provider, flow }: LoginPanelView): string {
  if (provider === "here") {
    return flow
      ? "Kill the provider, then open your orders again, or stop the server that answers. You stay logged in: Moor needs the provider to log somebody in, and once a minute to confirm it, but not to serve you."
      : "While the provider runs, Moor sends you there when you open your orders. Your basket comes along. One exception: if you have given a name in step 2, your session belongs to that name, and alice or bob begins a new one.";
  }
  return flow
    ? "The provider’s process is dead, and you are still logged in. Open your orders: they come as before. Only new logins fail. When the provider is back it still knows you, because its database has outlived the process."
    : "The provider’s process is dead, so nobody can log in just now. The open pages of the shop work as before. Your orders still lead to the provider’s address, where your browser finds no server: go back, and start it again.";
}

function secondsIn(milliseconds: number): string {
  return `${Math.max(0, Math.round(milliseconds / 1000))} s`;
}

function ordinal(count: number): string {
  const suffix = ["th", "st", "nd", "rd"][count % 100 > 10 && count % 100 < 14 ? 0 : count % 10] ?? "th";
  return `${count}${suffix}`;
}
