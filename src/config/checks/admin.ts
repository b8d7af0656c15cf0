import { isRecord, teamUrl } from "../../settings/grammar.ts";
import { describe, type Item, type Mistake } from "../../settings/mistakes.ts";
import { webhookUrl } from "../../settings/webhook-url.ts";

/** Mistakes of `admin` beside the rest of the configuration. */
export function adminMistakes(admin: unknown, routes: readonly Item[], options: { deploy: boolean }): Mistake[] {
  if (!isRecord(admin)) return [];
  const unreachable = options.deploy ? [...unreachableTeam(admin), ...unreachableWebhook(admin)] : [];
  return [...unreachable, ...consoleMistakes(admin, routes, options)];
}

/** The console shares its host with no page: a script of that page could act as the operator. */
function consoleMistakes(
  admin: Record<string, unknown>,
  routes: readonly Item[],
  { deploy }: { deploy: boolean },
): Mistake[] {
  if (admin.console !== true) return [];
  const { host } = admin;
  if (host === undefined) {
    const accepted = "in a deploy: true only with admin.host, a host of its own";
    return deploy ? [{ path: "admin.console", found: "true without admin.host", accepted }] : [];
  }
  return routes
    .filter(({ value }) => value.host === host)
    .map(({ path }) => ({
      path: `${path}.host`,
      found: `${describe(host)}, the host of the console`,
      accepted: "a host that is not admin.host while admin.console is true",
    }));
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
