import { html } from "hono/html";
import type { ListedSession } from "../../store/principal-contracts.ts";
import { CONSOLE } from "./guard.ts";
import { type Html, section, table } from "./layout.ts";
import type { Operator } from "./operator.ts";
import { plural, spanOf, timeOf } from "./words.ts";

/** A session id as its origin sees it. */
export const SESSION_ID = /^[A-Za-z0-9_-]{22}$/;
const TAKES_EFFECT =
  "It takes effect at once on strict routes, within 5 seconds on others, and within 120 seconds far from where a session was born.";

/** How to find sessions. @param message why none is shown. */
export function findPage(message?: string): Html {
  return section(
    "Find sessions",
    html`${message === undefined ? "" : html`<p class="warn" role="status">${message}</p>`}
    <form action="${CONSOLE}/sessions"><label>A user, as your servers name them in Moor-Principal, or the id of a session<input name="of" required></label><p><button>Find</button></p></form>`,
  );
}

/** The sessions of a user. @param count how many are indexed. */
export function userPage(
  principal: string,
  { count, sessions, next }: { count: number; sessions: readonly ListedSession[]; next?: string | undefined },
  { may }: Operator,
  now: number,
): Html {
  const of = encodeURIComponent(principal);
  const rows = sessions.map(({ id, at, lastSeenAt, country, colo, device }) => [
    device || "unknown",
    timeOf(at, now),
    lastSeenAt === undefined
      ? html`<span class="warn">its object did not answer</span>`
      : `${spanOf(now - lastSeenAt)} ago`,
    [country, colo].filter(Boolean).join(", ") || "unknown",
    html`<a class="mono" href="${CONSOLE}/sessions/${id}">${id.slice(0, 8)}…</a>`,
    may === "act" ? html`<span class="acts"><a href="${CONSOLE}/sessions/${id}/end">End…</a></span>` : "–",
  ]);
  const all =
    may === "act" && count > 0
      ? html`<p class="acts"><a class="bad" href="${CONSOLE}/sessions/end-all?of=${of}">End all ${String(count)}…</a></p>`
      : "";
  const more =
    next === undefined
      ? ""
      : html`<p><a href="${CONSOLE}/sessions?of=${of}&amp;after=${encodeURIComponent(next)}">The next sessions</a></p>`;
  const heads = ["device", "logged in (UTC)", "last seen", "where", "session", "actions"];
  return section(
    principal,
    html`${rows.length > 0 ? table(heads, rows) : html`<p>No session of this user is known. The name must be the whole name, in the same letters. An id has 22 characters: the 8 in a log line find no session.</p>`}${more}${all}`,
    `${plural(count, "session")}, says the index of the user; some may have ended unnoticed`,
  );
}

/** What ending sessions will do, and the form that does it. */
export function endPage(
  of: { readonly session: string } | { readonly principal: string; readonly count: number },
  { formToken, may }: Operator,
): Html {
  const isOne = "session" in of;
  const title = isOne ? `End session ${of.session.slice(0, 8)}…?` : `End all sessions of ${of.principal}?`;
  const path = isOne
    ? `${CONSOLE}/sessions/${of.session}/end`
    : `${CONSOLE}/sessions/end-all?of=${encodeURIComponent(of.principal)}`;
  const back = `${CONSOLE}/sessions${isOne ? `/${of.session}` : `?of=${encodeURIComponent(of.principal)}`}`;
  const steps = isOne
    ? ["Its visitor is logged out, and loses what the session holds."]
    : [
        `${plural(of.count, "session")} end. Each visitor is logged out, and loses what the session holds.`,
        "Sessions that log in after this stay.",
      ];
  const content = html`<ol>${[...steps, TAKES_EFFECT, "It cannot be undone."].map((step) => html`<li>${step}</li>`)}</ol>
    ${
      may === "act"
        ? html`<form method="post" action="${path}"><input type="hidden" name="form" value="${formToken}">
      ${isOne ? "" : html`<label>Type “${of.principal}” to confirm<input name="typed" autocomplete="off" required></label>`}
      <button class="bad">${isOne ? "End it" : "End all"}</button></form>`
        : html`<p>You may look, and not act.</p>`
    }
    <p><a href="${back}">Leave it</a></p>`;
  return html`<section class="plan"><h2>${title}</h2>${content}</section>`;
}
