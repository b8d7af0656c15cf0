import type { JsonObject } from "../sdk/origin/json.ts";

/** What an application keeps in its sessions, if it does not say: any JSON. */
export type AnyAttributes = JsonObject;

/** The names of attributes. */
export type NameOf<Attributes> = keyof Attributes & string;

/** What an attribute may be set to: JSON, but not null, which is no value of an attribute's (RFC 7396). */
export type ValueOf<Attributes, Name extends NameOf<Attributes>> = NonNullable<Attributes[Name]>;

/** A merge patch (RFC 7396): objects merge, null removes, all else replaces. */
export type PatchOf<Type> = { [Name in keyof Type]?: MergedInto<NonNullable<Type[Name]>> | null };

type MergedInto<Value> = Value extends readonly unknown[] ? Value : Value extends object ? PatchOf<Value> : Value;
