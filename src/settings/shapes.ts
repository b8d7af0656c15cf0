import {
  array,
  boolean,
  custom,
  type GenericSchema,
  type InferOutput,
  lazy,
  minLength,
  never,
  type ObjectEntries,
  type ObjectSchema,
  objectWithRest,
  optional,
  picklist,
  pipe,
  unknown,
} from "valibot";
import { isRecord, type Rule } from "./grammar.ts";

/** An object of these entries. Every unknown key is reported. A missing key is reported in the words of its own schema. */
export function shape<const Entries extends ObjectEntries>(
  entries: Entries,
): GenericSchema<unknown, InferOutput<ObjectSchema<Entries, undefined>>> {
  const keys = Object.keys(entries).join(", ");
  return pipe(
    custom<object>(isRecord, `an object of ${keys}`),
    // valibot leaves these three names out of its checks, and out of its output.
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

/** One of several kinds of objects. The value under `key` names the kind. */
export function oneByItsOwn<Kind extends string, Kinds extends Record<string, GenericSchema>>(key: Kind, kinds: Kinds) {
  const names = `one of ${Object.keys(kinds).join(", ")}`;
  const none = objectWithRest({ [key]: custom<never>(() => false, names) }, unknown(), (issue) =>
    issue.path ? names : `an object whose ${key} is ${names}`,
  ) as unknown as Kinds[keyof Kinds];
  return lazy((input): Kinds[keyof Kinds] => {
    const name = isRecord(input) ? input[key] : undefined;
    return isKeyOf(kinds, name) ? kinds[name] : none;
  });
}

/** The schemas of several kinds of settings, by the names of the kinds. */
export function schemasOf<Kinds extends Record<string, { schema(): GenericSchema }>>(kinds: Kinds) {
  return Object.fromEntries(Object.entries(kinds).map(([name, kind]) => [name, kind.schema()])) as {
    [Kind in keyof Kinds]: ReturnType<Kinds[Kind]["schema"]>;
  };
}

/** A list of at least one item. */
export function list<Item extends GenericSchema>(item: Item, accepted: string) {
  return pipe(array(item, accepted), minLength(1, accepted));
}

/** `true` or `false`. */
export const yesOrNo = boolean("true or false");

/** A value that a rule accepts. */
export function value<T>(rule: Rule<T>) {
  return custom<T>(rule.accepts, rule.accepted);
}

function optionalNumber(rule: Rule<number>) {
  return optional(value(rule));
}

/** Entries of numbers that may be left out. */
export function numbers<Key extends string>(rules: Readonly<Record<Key, Rule<number>>>) {
  const entries = Object.entries<Rule<number>>(rules).map(([key, rule]) => [key, optionalNumber(rule)]);
  return Object.fromEntries(entries) as Record<Key, ReturnType<typeof optionalNumber>>;
}

/** One of several texts. */
export function oneOf<const Options extends readonly string[]>(options: Options) {
  return picklist(options, `one of ${options.join(", ")}`);
}

function isKeyOf<T extends object>(object: T, key: unknown): key is keyof T {
  return typeof key === "string" && Object.hasOwn(object, key);
}
