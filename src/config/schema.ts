import {
  array,
  boolean,
  custom,
  type GenericSchema,
  type InferOutput,
  lazy,
  literal,
  minLength,
  never,
  type ObjectEntries,
  type ObjectSchema,
  object,
  objectWithRest,
  optional,
  picklist,
  pipe,
} from "valibot";
import {
  hostPattern,
  id,
  isRecord,
  nonEmpty,
  originUrl,
  pathPattern,
  type Rule,
  sessionRules,
  token,
  weight,
  wholeNumber,
} from "./grammar.ts";

/** A configuration that has the right shape; defaults are still missing. */
export type CheckedConfig = InferOutput<typeof configSchema>;

const yesOrNo = boolean("true or false");

const origin = shape({ id: value(id), url: value(originUrl), weight: optional(value(weight)) });

const policies = {
  "session-id": shape({ type: literal("session-id") }),
  header: shape({ type: literal("header"), name: value(token) }),
  cookie: shape({ type: literal("cookie"), name: value(token) }),
  query: shape({ type: literal("query"), name: value(nonEmpty) }),
  "client-ip": shape({ type: literal("client-ip") }),
};

const types = `one of ${Object.keys(policies).join(", ")}`;
const policyOfNoType = object({ type: custom<never>(() => false, types) }, (issue) =>
  issue.path ? types : `an object whose type is ${types}`,
);

const hashPolicy = lazy((input) => {
  const type = isRecord(input) ? input.type : undefined;
  return isKeyOf(policies, type) ? policies[type] : policyOfNoType;
});

const pool = shape({
  id: value(id),
  origins: list(origin, "a list of at least one origin"),
  hashPolicy: optional(list(hashPolicy, "a list of at least one hash policy")),
  attemptDeadlineMs: optional(value(wholeNumber(10, 600_000))),
  session: optional(
    shape({
      see: optional(
        lazy((input) =>
          Array.isArray(input)
            ? array(custom<string>((name) => typeof name === "string", "the name of an attribute"))
            : literal(true, "true, or a list of names of attributes"),
        ),
      ),
      may: optional(array(oneOf(["patch", "principal", "end"]), "a list of patch, principal, end")),
    }),
  ),
});

const route = shape({
  host: optional(value(hostPattern)),
  path: value(pathPattern),
  pool: value(id),
  session: optional(yesOrNo),
  freshness: optional(oneOf(["bounded", "strict"])),
  retry: optional(oneOf(["safe", "any"])),
  onStale: optional(oneOf(["serve", "refuse"])),
});

const stores = shape({
  replicate: optional(oneOf(["travel", "always", "off"])),
  backup: optional(oneOf(["async", "sync", "off"])),
  strictBackup: optional(yesOrNo),
});

const session = shape({
  idleSeconds: optional(value(sessionRules.idleSeconds)),
  absoluteSeconds: optional(value(sessionRules.absoluteSeconds)),
  firstIdleSeconds: optional(value(sessionRules.firstIdleSeconds)),
  newSessionHours: optional(value(sessionRules.newSessionHours)),
  graceSeconds: optional(value(sessionRules.graceSeconds)),
  maxAttributeBytes: optional(value(sessionRules.maxAttributeBytes)),
});

/** The shape of a configuration, each value by itself. What values must be to one another is in `relations.ts`. */
export const configSchema = shape({
  pools: list(pool, "a list of at least one pool"),
  routes: optional(list(route, "a list of at least one route; left out: one route to the first pool")),
  session: optional(session),
  stores: optional(stores),
  handoff: optional(shape({ dataBytes: optional(value(wholeNumber(0, 16_384))) })),
  explain: optional(yesOrNo),
});

/** An object of these entries. Every unknown key is reported, and a missing one in the words of its own schema. */
function shape<const Entries extends ObjectEntries>(
  entries: Entries,
): GenericSchema<unknown, InferOutput<ObjectSchema<Entries, undefined>>> {
  const keys = Object.keys(entries).join(", ");
  return pipe(
    custom<object>(isRecord, `an object of ${keys}`),
    // valibot leaves these three out of its checks, and out of its output.
    custom<object>(
      (input) => !["__proto__", "constructor", "prototype"].some((key) => Object.hasOwn(Object(input), key)),
      `only the keys ${keys}`,
    ),
    objectWithRest(entries, never(`one of the keys ${keys}`), (issue) => {
      const missing = entries[String(issue.path?.[0].key)];
      return missing && "message" in missing && typeof missing.message === "string" ? missing.message : issue.message;
    }),
  );
}

function list<Item extends GenericSchema>(item: Item, accepted: string) {
  return pipe(array(item, accepted), minLength(1, accepted));
}

function value<T>(rule: Rule<T>) {
  return custom<T>(rule.accepts, rule.accepted);
}

function oneOf<const Options extends readonly string[]>(options: Options) {
  return picklist(options, `one of ${options.join(", ")}`);
}

function isKeyOf<T extends object>(object: T, key: unknown): key is keyof T {
  return typeof key === "string" && Object.hasOwn(object, key);
}
