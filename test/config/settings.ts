import { configSchema } from "../../src/config/schema.ts";

/** One setting of the schema. */
export interface Setting {
  /** As in `pools[].origins[].id` and `carriers[cookie].name`. */
  readonly path: string;
  /** The words of a mistake that say which values are accepted. */
  readonly accepted: string;
  /** The values of an enumeration. */
  readonly options: readonly string[];
  /** An object or a list of objects, whose own settings may be documented instead. */
  readonly isSection: boolean;
}

/** The members of valibot's schemas that the configuration uses. */
interface Node {
  readonly type: string;
  readonly message?: unknown;
  readonly pipe?: readonly Node[];
  readonly wrapped?: Node;
  readonly item?: Node;
  readonly options?: readonly unknown[];
  readonly entries?: Readonly<Record<string, Node>>;
  readonly rest?: Node;
  readonly getter?: (input: unknown) => Node;
}

/** Every setting of the schema by its path, sections included. */
export function settingsOfSchema(): ReadonlyMap<string, Setting> {
  return new Map(settingsBelow(configSchema as unknown as Node, "").map((setting) => [setting.path, setting]));
}

function settingsBelow(given: Node, path: string): Setting[] {
  const node = plain(given);
  if (node.type === "array") return settingsOfList(node, path);
  const kinds = kindsOf(node);
  if (kinds) {
    const settings = kinds.names.flatMap((name) => settingsBelow(kinds.shapeOf(name), ofKind(path, name)));
    return [...settings, leaf(`${path}.${kinds.key}`, node, kinds.names)];
  }
  const { entries } = node.type === "lazy" ? plain(choice(node, {})) : node;
  if (!entries) return [leaf(path, node)];
  const below = Object.entries(entries).flatMap(([key, entry]) => settingsBelow(entry, path ? `${path}.${key}` : key));
  return path ? [{ ...leaf(path, node), isSection: true }, ...below] : below;
}

function settingsOfList(node: Node, path: string): Setting[] {
  const item = plain(node.item as Node);
  const names = kindsOf(item)?.names;
  const below = settingsBelow(item, `${path}[]`).filter((setting) => setting.path !== `${path}[]`);
  return [
    { ...leaf(path, node, names ?? optionsOf(item)), isSection: item.entries !== undefined || !!names },
    ...below,
  ];
}

/** The kinds of objects that a setting takes, if their own member `key` tells the kind. */
function kindsOf(node: Node): { key: string; names: string[]; shapeOf: (name: string) => Node } | undefined {
  const unchosen = node.type === "lazy" ? choice(node, {}) : node;
  const [key, ...others] = Object.keys(unchosen.entries ?? {});
  if (key === undefined || others.length > 0 || unchosen.rest?.type !== "unknown") return undefined;
  const names = String(unchosen.entries?.[key]?.message).replace("one of ", "").split(", ");
  return { key, names, shapeOf: (name) => choice(node, { [key]: name }) };
}

/** `carriers[]` holds objects of several kinds, and `carriers[cookie]` the objects of one kind. */
function ofKind(path: string, name: string): string {
  return path.endsWith("[]") ? `${path.slice(0, -2)}[${name}]` : path;
}

function leaf(path: string, node: Node, options = optionsOf(node)): Setting {
  return { path, accepted: typeof node.message === "string" ? node.message : "", options, isSection: false };
}

/** The values of a picklist, and of a rule whose words begin with `one of "a", "b"`. */
function optionsOf({ options, message }: Node): string[] {
  if (options) return options.map(String);
  const isChoice = typeof message === "string" && message.startsWith('one of "');
  return isChoice ? Array.from(message.matchAll(/"([^"]+)"/g), ([, option]) => option as string) : [];
}

function choice({ getter }: Node, input: unknown): Node {
  if (!getter) throw new Error("only a lazy schema chooses by its input");
  return getter(input);
}

/** A schema without `optional` and without the checks of a pipe around it. */
function plain(node: Node): Node {
  if (node.wrapped) return plain(node.wrapped);
  const inner = node.pipe?.find(({ entries, item }) => entries ?? item);
  return inner && inner !== node ? inner : node;
}
