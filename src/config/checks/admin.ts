import { isRecord, teamUrl } from "../../settings/grammar.ts";
import { describe, type Item, type Mistake } from "../../settings/mistakes.ts";
import { webhookUrl } from "../../settings/webhook-url.ts";
import { consoleMistakes } from "./console.ts";
import { loginsIn } from "./logins.ts";

/** Mistakes of `admin` beside the rest of the configuration. */
export function adminMistakes(
  input: Record<string, unknown>,
  routes: readonly Item[],
  options: { deploy: boolean },
): Mistake[] {
  const { admin } = input;
  if (!isRecord(admin)) return [];
  const ofConsole =
    typeof MOOR_CONSOLE === "undefined" || MOOR_CONSOLE ? consoleMistakes(admin, loginsIn(input), routes, options) : [];
  const unreachable = options.deploy ? [...unreachableTeam(admin), ...unreachableWebhook(admin)] : [];
  return [...unreachable, ...ofConsole];
}

function unreachableTeam(admin: Record<string, unknown>): Mistake[] {
  const { access } = admin;
  if (!isRecord(access) || !teamUrl.accepts(access.team) || access.team.startsWith("https:")) return [];
  const accepted = "in a deploy: https:// and the team's domain";
  return [{ path: "admin.access.team", found: describe(access.team), accepted }];
}

function unreachableWebhook({ webhook }: Record<string, unknown>): Mistake[] {
  if (!isRecord(webhook) || !webhookUrl.accepts(webhook.url) || webhook.url.startsWith("https:")) return [];
  return [
    { path: "admin.webhook.url", found: describe(webhook.url), accepted: "in a deploy: an address with https://" },
  ];
}
