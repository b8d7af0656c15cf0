import { html } from "hono/html";
import type { ChangeRefusal } from "../../upstream/live/pool-contracts.ts";
import { CONSOLE } from "./guard.ts";
import { PROVEN_MINUTES } from "./health.ts";
import { type Html, section } from "./layout.ts";
import type { Operator } from "./operator.ts";
import { type Plan, safetyOf } from "./plans.ts";
import { countOf, percentOf, plural, spanOf, timeOf } from "./words.ts";

const VERBS = { drain: "Drain", restore: "Restore", eject: "Eject" } as const;
const DAY_SECONDS = 86_400;

const REFUSALS: Readonly<Record<Exclude<ChangeRefusal, "last-origin">, string>> = {
  "too-soon": "It would take effect before all isolates can know of it.",
  "out-of-order": "Another change of this origin is announced for a later time.",
  ejected: "The origin is ejected, and has nobody to drain. Restore it first.",
  "too-many": "The origin has been closed too often within the longest life of a session.",
  "version-changed": "The pool has changed since this plan was made. Look at the new plan.",
};

/** The words for a refused change. */
export function refusalText(reason: ChangeRefusal): string {
  if (reason !== "last-origin") return REFUSALS[reason];
  return "No healthy origin would be left to new sessions. Type the words that the plan asks for.";
}

/** What an action will do, and the form that does it. @param message why the action was not done. */
export function planPage(plan: Plan, operator: Operator, now: number, message?: string): Html {
  const { action, pool, origin, version } = plan;
  const back = `${CONSOLE}/pools/${pool}`;
  const content = html`${message === undefined ? "" : html`<p class="bad" role="alert">${message}</p>`}
    ${action === "drain" ? html`<p>${safetyText(plan)}</p>` : ""}
    <ol>${stepsOf(plan, now).map((step) => html`<li>${step}</li>`)}</ol>
    ${plan.refusal === undefined ? formOf(plan, operator) : html`<p class="bad">${refusalText(plan.refusal)}</p>`}
    <p><a href="${back}">Leave it</a></p>`;
  return html`<section class="plan"><h2>${VERBS[action]} ${pool}/${origin}? <small>planned on version ${version}, ${timeOf(now, now)} UTC</small></h2>${content}</section>`;
}

/** What has been done. */
export function donePage(plan: Plan, outcome: "changed" | "unchanged", published: boolean, now: number): Html {
  const { action, pool, origin } = plan;
  const text =
    outcome === "unchanged"
      ? `${pool}/${origin} was in that state already. Nothing was changed.`
      : `${VERBS[action]} of ${pool}/${origin}: done. It takes effect at ${timeOf(plan.from, now)} UTC.`;
  const late = published
    ? ""
    : html`<p class="warn" role="status">It is not published yet. Moor goes on by itself, and the time may move.</p>`;
  return section(
    "Done",
    html`<p role="status">${text}</p>${late}<p><a href="${CONSOLE}/pools/${pool}">${pool}</a></p>`,
  );
}

/** Whether a drain is safe now, in a sentence. */
export function safetyText(plan: Plan): Html {
  const { origin } = plan;
  const safety = safetyOf(plan);
  switch (safety.kind) {
    case "safe":
      return html`<span class="state good">Draining ${origin} is safe now</span>: it moves no session, and every origin that would get new sessions is well.`;
    case "careful":
      return html`<span class="state warn">Draining ${origin} is not safe now</span>: new sessions would also go to ${safety.ill.join(", ")}, which does not answer well.`;
    case "unsafe":
      return html`<span class="state bad">Draining ${origin} is not safe now</span>: new sessions would find no healthy origin that stays open.`;
    case "unknown":
      return html`<span class="state warn">Whether draining ${origin} is safe is not known</span>: ${
        plan.heard === 0
          ? "no isolate has reported lately"
          : `no probe and no answer of the last ${PROVEN_MINUTES} minutes tells of ${safety.unproven.join(", ")}`
      }.`;
    case "refused":
      return html`<span class="state warn">Draining ${origin} is not possible now</span>: ${REFUSALS[safety.reason]}`;
  }
}

function stepsOf(plan: Plan, now: number): Html[] {
  const { action, origin, from, bound, heard, ejectedBy } = plan;
  const sessions =
    bound === undefined ? "Its sessions, whose number is not known," : `${plural(bound, "session")} (± 3 %)`;
  const after = newSessionsOf(plan);
  if (action === "eject") {
    return [
      html`Isolates follow within about two minutes, and until then do not agree.`,
      html`<b>${sessions} leave ${origin} at once</b>, and go to the other origins by weight.${
        ejectedBy > 0
          ? html` ${ejectedBy} of ${plural(heard, "isolate")} have ejected it already, so their visitors are elsewhere.`
          : ""
      }`,
      after,
      html`<b>It cannot be undone:</b> a later restore brings ${origin} new sessions, not these.`,
    ];
  }
  const wait = spanOf(from - now);
  if (action === "restore") {
    return [
      html`<b>Until ${timeOf(from, now)}</b> (${wait}): nothing changes.`,
      after,
      html`Moves 0 sessions. Sessions that have left ${origin} stay where they are.`,
    ];
  }
  return [
    html`<b>Until ${timeOf(from, now)}</b> (${wait}): nothing changes. If you undo it after some seconds, new sessions stay away for as many seconds from then on.`,
    after,
    html`<b>${sessions} stay on ${origin}</b> until they end. It moves 0 sessions.`,
    html`It ends by itself when no session is left, or at the deadline that you choose. At the deadline, the sessions that are left move to the other origins, by weight.`,
  ];
}

function newSessionsOf({ newSessions, leavesNone, typed }: Plan): Html {
  if (leavesNone) {
    const left = newSessions.map(({ origin }) => origin).join(", ") || "no origin";
    return html`<b class="bad">New sessions would find no healthy origin</b> that stays open (left: ${left}). New visitors could get 502 or 503. Restore or repair another origin first, or type “${typed}”.`;
  }
  const shares = newSessions.map(
    ({ origin, share, healthy }) => `${origin} ${percentOf(share)}${healthy ? "" : " (ill)"}`,
  );
  return html`From then on, new sessions go to ${shares.join(", ") || "no origin"}.`;
}

function formOf({ action, pool, origin, version, typed }: Plan, { formToken, may }: Operator): Html {
  if (may !== "act") return html`<p>You may look, and not act.</p>`;
  return html`<form method="post" action="${CONSOLE}/pools/${pool}/origins/${origin}/${action}">
    <input type="hidden" name="form" value="${formToken}"><input type="hidden" name="version" value="${String(version)}">
    ${action === "drain" ? html`<label>At the latest after<select name="deadlineSeconds"><option value="${String(DAY_SECONDS)}">${countOf(24)} hours</option><option value="3600">1 hour</option><option value="">no deadline</option></select></label>` : ""}
    ${typed === undefined ? "" : html`<label>Type “${typed}” to confirm<input name="typed" autocomplete="off" required></label>`}
    <button class="${action === "restore" ? "" : "bad"}">${VERBS[action]} ${origin}</button>
  </form>`;
}
