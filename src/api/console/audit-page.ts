import { html } from "hono/html";
import type { AuditEntry } from "../../upstream/live/audit.ts";
import type { AuditShown } from "../operators/audit-api.ts";
import { type Html, table } from "./layout.ts";
import { timeOf } from "./words.ts";

/** The actions of operators, the newest first. */
export function auditTable({ entries, missing }: AuditShown, now: number): Html {
  const rows = entries.map((entry) => [
    timeOf(entry.at, now),
    entry.who,
    actionOf(entry),
    entry.from,
    entry.outcome === "asked" ? "asked; the result is not known" : entry.outcome,
    entry.versions ? `${entry.versions.before} → ${entry.versions.after}` : "–",
  ]);
  return html`${missing.length > 0 ? html`<p class="bad" role="status">Not known: these objects did not answer: ${missing.join(", ")}.</p>` : ""}
    ${rows.length > 0 ? table(["when (UTC)", "who", "what", "from", "result", "version"], rows) : html`<p>No action is kept.</p>`}`;
}

function actionOf({ action, pool, origin, session, principal }: AuditEntry): string {
  const of = [
    ...(pool === undefined ? [] : [`${pool}/${origin ?? ""}`]),
    ...(session === undefined ? [] : [`session ${session}…`]),
    ...(principal === undefined ? [] : [`user ${principal}…`]),
  ];
  return [action, ...of].join(" ");
}
