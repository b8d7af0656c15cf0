import { isRecord, type Rule, sessionRules, timeoutRules } from "../../settings/grammar.ts";
import { MAX_SESSION_SECONDS } from "../../settings/limits.ts";
import { describe, type Mistake } from "../../settings/mistakes.ts";
import { resolveSession } from "../defaults.ts";

interface Item {
  value: Record<string, unknown>;
  path: string;
}

type SessionKey = keyof typeof sessionRules;

/** The values of a policy that are right by themselves. */
function rightOf(given: unknown, rules: Record<string, Rule<number>>): Record<string, number> {
  if (!isRecord(given)) return {};
  const right: Record<string, number> = {};
  for (const [key, rule] of Object.entries(rules)) {
    const value = given[key];
    if (rule.accepts(value)) right[key] = value;
  }
  return right;
}

/** Mistakes of routes whose timeouts exceed those of the site: a route may be stricter than the site, never laxer. */
export function routeSessionMistakes(routes: readonly Item[], session: unknown): Mistake[] {
  const policy = resolveSession(rightOf(session, sessionRules));
  return routes.flatMap(({ value, path }) => {
    const right = rightOf(value.session, timeoutRules);
    return (["idleSeconds", "absoluteSeconds"] as const).flatMap((key): Mistake[] => {
      const seconds = right[key];
      if (seconds === undefined || seconds <= policy[key]) return [];
      const accepted = `60 to ${policy[key]}, as session.${key} is: a route may be stricter than the site`;
      return [{ path: `${path}.session.${key}`, found: describe(seconds), accepted }];
    });
  });
}

function rememberMistakes(session: Record<string, unknown>): Mistake[] {
  const right = rightOf(session.remember, timeoutRules);
  const { remember, idleSeconds } = resolveSession({ ...rightOf(session, sessionRules), remember: right });
  if (!isRecord(session.remember) || !remember) return [];
  const { remember: given } = session;
  const below = (key: "idleSeconds" | "absoluteSeconds", least: number, bound: string): Mistake[] => {
    if ((given[key] !== undefined && !(key in right)) || remember[key] >= least) return [];
    const found = given[key] === undefined ? `the default, ${remember[key]}` : describe(given[key]);
    return [{ path: `session.remember.${key}`, found, accepted: `${least} to ${MAX_SESSION_SECONDS}, as ${bound}` }];
  };
  return [
    ...below("idleSeconds", idleSeconds, `session.idleSeconds is ${idleSeconds}`),
    ...below("absoluteSeconds", remember.idleSeconds, `session.remember.idleSeconds is ${remember.idleSeconds}`),
  ];
}

/** Mistakes between the values of the session policy. */
export function sessionMistakes(input: unknown): Mistake[] {
  const given: Record<string, unknown> = isRecord(input) ? input : {};
  const right = rightOf(given, sessionRules);
  const isRight = (key: SessionKey) => given[key] === undefined || key in right;
  const policy = resolveSession(right);
  const within = (key: SessionKey, bound: SessionKey, least: number, most: number): Mistake[] => {
    if (!isRight(key) || !isRight(bound) || (policy[key] >= least && policy[key] <= most)) return [];
    const found = given[key] === undefined ? `the default, ${policy[key]}` : describe(given[key]);
    return [{ path: `session.${key}`, found, accepted: `${least} to ${most}, as ${bound} is ${policy[bound]}` }];
  };
  const hours = policy.absoluteSeconds / 3_600;
  return [
    ...within("absoluteSeconds", "idleSeconds", policy.idleSeconds, MAX_SESSION_SECONDS),
    ...within("firstIdleSeconds", "idleSeconds", 1, policy.idleSeconds),
    ...within("newSessionHours", "absoluteSeconds", Math.min(1, hours), Math.min(168, hours)),
    ...rememberMistakes(given),
  ];
}

/** Mistakes of a configuration whose sessions are bound to a host, though something of it goes beyond a host. */
export function bindingMistakes({ session, principals, carriers }: Record<string, unknown>): Mistake[] {
  if (!isRecord(session) || session.bindTo !== "host") return [];
  const domains = (Array.isArray(carriers) ? carriers : []).flatMap((carrier, index) =>
    isRecord(carrier) && carrier.type === "cookie" && carrier.domain !== undefined
      ? [{ path: `carriers[${index}].domain`, found: describe(carrier.domain) }]
      : [],
  );
  const index = principals === undefined ? [] : [{ path: "principals", found: describe(principals) }];
  const accepted = 'nothing with session.bindTo "host"';
  return [
    ...domains.map((at) => ({
      ...at,
      accepted: `${accepted}: hosts that share a cookie would overwrite it for one another`,
    })),
    ...index.map((at) => ({ ...at, accepted: `${accepted}: the index has one list for a name, whatever the host` })),
  ];
}
