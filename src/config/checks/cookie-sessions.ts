import { isRecord } from "../../settings/grammar.ts";
import { MAX_COOKIE_SESSION_BYTES } from "../../settings/limits.ts";
import { describe, type Item, itemsOf, type Mistake } from "../../settings/mistakes.ts";
import { SESSION_DEFAULTS } from "../defaults.ts";

const BESIDE = 'with stores.authority "cookie"';

/** The settings that sessions in the cookies of browsers cannot keep. */
export function cookieSessionMistakes(config: Record<string, unknown>): Mistake[] {
  const { stores, session, locking, admin } = config;
  if (!isRecord(stores) || !isRecord(stores.authority) || stores.authority.type !== "cookie") return [];
  const { remember, maxAttributeBytes } = isRecord(session) ? session : {};
  // What a default has filled in asks for nothing.
  const adopts = Array.isArray(config.adopt) && config.adopt.length === 0 ? undefined : config.adopt;
  const bytes = maxAttributeBytes === SESSION_DEFAULTS.maxAttributeBytes ? undefined : maxAttributeBytes;
  return [
    ...itemsOf(config, "carriers").flatMap(carrierMistakes),
    ...absent("principals", config.principals, "no cookie knows of a login in another one"),
    ...absent("login", config.login, "no cookie knows of a login in another one"),
    ...absent("logins", config.logins, "no cookie knows of a login in another one"),
    ...absent("adopt", adopts, "an old cookie would log in again after its session has ended"),
    ...absent("session.remember", remember, "there is no login"),
    ...absent(
      "session.maxAttributeBytes",
      bytes,
      `attributes and flash take at most ${MAX_COOKIE_SESSION_BYTES} bytes there`,
    ),
    ...unless("off", "stores.replicate", stores.replicate, "two responses may give one version to different contents"),
    ...unless("off", "stores.backup", stores.backup, "there is no store to back up"),
    ...unless("redis", "stores.fallback", stores.fallback, "there is no store to stand in for"),
    ...unless("none", "locking", locking, "requests have no common place to wait"),
    ...itemsOf(config, "routes").flatMap(({ value, path }) =>
      unless("none", `${path}.locking`, value.locking, "requests have no common place to wait"),
    ),
    ...itemsOf(config, "pools").flatMap(loginRightMistakes),
    ...(isRecord(admin) && admin.attributes === true
      ? [mistake("admin.attributes", true, `false ${BESIDE}: operators cannot see what a browser holds`)]
      : []),
  ];
}

/** Only a cookie that no other host can set, and that each browser keeps once, can hold a session. */
function carrierMistakes({ value, path }: Item): Mistake[] {
  const { type, domain, prefix, partitioned } = value;
  if (type !== "cookie") {
    return [mistake(path, type, `"cookie" ${BESIDE}: no other carrier has room for a session`)];
  }
  return [
    ...absent(`${path}.domain`, domain, "another host could plant a session"),
    ...unless("__Host-", `${path}.prefix`, prefix, "another host could plant a session"),
    ...(partitioned === true
      ? [
          mistake(
            `${path}.partitioned`,
            true,
            `false ${BESIDE}: browsers keep 10 KB for each partition, and drop the rest silently`,
          ),
        ]
      : []),
  ];
}

function loginRightMistakes({ value: { session }, path }: Item): Mistake[] {
  const may = isRecord(session) && Array.isArray(session.may) ? session.may : [];
  const index = may.indexOf("principal");
  if (index < 0) return [];
  const why = "a login needs a rotation, and no cookie knows of a rotation in another one";
  return [mistake(`${path}.session.may[${index}]`, "principal", `"patch" and "end" ${BESIDE}: ${why}`)];
}

function absent(path: string, value: unknown, why: string): Mistake[] {
  return value === undefined ? [] : [mistake(path, value, `nothing ${BESIDE}: ${why}`)];
}

function unless(accepted: string, path: string, value: unknown, why: string): Mistake[] {
  if (value === undefined || value === accepted) return [];
  return [mistake(path, value, `${JSON.stringify(accepted)} ${BESIDE}: ${why}`)];
}

function mistake(path: string, value: unknown, accepted: string): Mistake {
  return { path, found: describe(value), accepted };
}
