import { array, lazy, literal, optional, record, string } from "valibot";
import { hostName, isRecord, type Rule, teamUrl, wholeNumber } from "../settings/grammar.ts";
import { list, oneOf, shape, value, yesOrNo } from "../settings/shapes.ts";

/** A text of visible ASCII, as in scopes, claims and `acr`. */
const word: Rule<string> = {
  accepts: (input): input is string => typeof input === "string" && /^[!#-[\]-~]{1,256}$/.test(input),
  accepted: '1 to 256 visible ASCII characters, no " and no \\',
};

const loginId: Rule<string> = {
  accepts: (input): input is string => typeof input === "string" && /^[a-z0-9-]{1,32}$/.test(input),
  accepted: "1 to 32 of a-z 0-9 -",
};

const issuer: Rule<string> = {
  accepts: (input): input is string => {
    if (typeof input !== "string" || !URL.canParse(input)) return false;
    const { origin, search, hash } = new URL(input);
    return input.startsWith(origin) && search === "" && hash === "" && teamUrl.accepts(origin);
  },
  accepted: "https:// with a host, optionally a port and a path; no query; http:// only on this machine",
};

const seconds = wholeNumber(60, 31_536_000);
const words = (things: string) => list(value(word), `a list of at least one: ${things}`);

const role = lazy((input) =>
  isRecord(input) && "domain" in input
    ? shape({ claim: value(word), domain: value(hostName) })
    : shape({ claim: value(word), any: words("a value of the claim") }),
);

/** The settings of a login at a provider. */
const entries = {
  issuer: value(issuer),
  clientId: value(word),
  scopes: optional(array(value(word), "a list of scopes")),
  claims: optional(array(value(word), "a list of names of claims")),
  roles: optional(record(string(), role, "an object of roles, { name: { claim, any } or { claim, domain } }")),
  maxAgeSeconds: optional(value(seconds)),
  logout: optional(oneOf(["provider", "local"])),
  backchannel: optional(yesOrNo),
  refreshSeconds: optional(value(wholeNumber(60, 86_400))),
  hosts: optional(list(value(hostName), `a list of at least one: ${hostName.accepted}`)),
};

const several = () => ({
  logins: optional(list(shape({ id: value(loginId), ...entries }), "a list of at least one login, each with an id")),
});
const named = () => ({ login: optional(value(loginId)) });

/** The login that a route, or the whole site, requires. */
const require = lazy((input) =>
  isRecord(input)
    ? shape({
        ...((typeof MOOR_LOGINS === "undefined" || MOOR_LOGINS ? named() : {}) as ReturnType<typeof named>),
        role: optional(value(word)),
        acr: optional(words("a value of acr")),
        maxAgeSeconds: optional(value(seconds)),
      })
    : lazy(() =>
        input === "none"
          ? literal("none")
          : literal("login", '"none", "login", or an object of login, role, acr, maxAgeSeconds'),
      ),
);

/** The settings of a route that need `login`. */
export const ofRoute = { require: optional(require) };

/** The settings of the whole site, which has one login or several. */
export const ofSite = {
  login: optional(shape(entries)),
  ...((typeof MOOR_LOGINS === "undefined" || MOOR_LOGINS ? several() : {}) as ReturnType<typeof several>),
  ...ofRoute,
};
