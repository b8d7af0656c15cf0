import { readFile } from "node:fs/promises";

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
type Schema = { readonly [keyword: string]: Json };

/** An answer as the document must describe it. */
export interface Answered {
  readonly status: number;
  readonly contentType: string | null;
  readonly body: unknown;
}

/** An OpenAPI document (3.1), as far as `docs/reference/openapi.json` uses it. */
export interface OpenApi {
  /**
   * Every answer that the document describes: `GET /path 409 not_stored`, with the error code if the answer has a code.
   */
  readonly described: readonly string[];
  /** The name of an answer in the document, and the mistakes in the answer. */
  check(method: string, path: string, answered: Answered): { name: string; mistakes: string[] };
}

/** Reads a document. */
export async function readOpenApi(file: string): Promise<OpenApi> {
  const document = JSON.parse(await readFile(file, "utf8")) as Schema;
  const paths = document.paths as Record<string, Record<string, { responses: Record<string, Schema> }>>;

  function resolve(schema: Schema): Schema {
    if (typeof schema.$ref !== "string") return schema;
    const found = schema.$ref
      .slice(2)
      .split("/")
      .reduce<Json>((at, name) => (at as Schema)[name] as Json, document as Json);
    return found as Schema;
  }

  function contentOf(response: Schema): [type: string, schema: Schema] | undefined {
    const [entry] = Object.entries((response.content ?? {}) as Record<string, { schema: Schema }>);
    return entry && [entry[0], entry[1].schema];
  }

  function codesOf(response: Schema): string[] {
    const parts = (contentOf(response)?.[1].allOf ?? []) as { properties?: { code?: { enum: string[] } } }[];
    return parts.flatMap(({ properties }) => properties?.code?.enum ?? []);
  }

  function mistakesOf(value: unknown, given: Schema, at: string): string[] {
    const schema = resolve(given);
    const mistakes = ((schema.allOf ?? []) as Schema[]).flatMap((part) => mistakesOf(value, part, at));
    if (typeof schema.type === "string" && !isOfType(value, schema.type))
      return [...mistakes, `${at} is no ${schema.type}`];
    if (Array.isArray(schema.enum) && !schema.enum.includes(value as Json)) mistakes.push(`${at} is ${value}`);
    if (typeof schema.pattern === "string" && !new RegExp(schema.pattern).test(String(value)))
      mistakes.push(`${at} is ${value}`);
    if (Array.isArray(value)) {
      return [
        ...mistakes,
        ...value.flatMap((item, index) => mistakesOf(item, schema.items as Schema, `${at}[${index}]`)),
      ];
    }
    if (typeof value !== "object" || value === null) return mistakes;
    const properties = (schema.properties ?? {}) as Record<string, Schema>;
    for (const name of (schema.required ?? []) as string[]) if (!(name in value)) mistakes.push(`${at} has no ${name}`);
    for (const [name, member] of Object.entries(value)) {
      const property = properties[name];
      if (property) mistakes.push(...mistakesOf(member, property, `${at}.${name}`));
      else if (schema.additionalProperties === false) mistakes.push(`${at} has ${name}`);
    }
    return mistakes;
  }

  return {
    described: Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).flatMap(([method, { responses }]) =>
        Object.entries(responses).flatMap(([status, response]) => {
          const codes = codesOf(resolve(response));
          return (codes.length > 0 ? codes : [""]).map((code) => nameOf(method, path, status, code));
        }),
      ),
    ),
    check(method, path, { status, contentType, body }) {
      const code = (body as { code?: string } | undefined)?.code ?? "";
      const name = nameOf(method, path, status, code);
      const response = paths[path]?.[method.toLowerCase()]?.responses[status];
      if (!response) return { name, mistakes: ["it is not described"] };
      const [type = null, schema] = contentOf(resolve(response)) ?? [];
      const mistakes = schema ? mistakesOf(body, schema, "body") : body === undefined ? [] : ["it has a body"];
      if (contentType !== type) mistakes.push(`its type is ${contentType}`);
      return { name, mistakes };
    },
  };
}

function nameOf(method: string, path: string, status: string | number, code: string): string {
  return `${method.toUpperCase()} ${path} ${status} ${code}`.trim();
}

function isOfType(value: unknown, type: string): boolean {
  if (type === "integer") return Number.isSafeInteger(value);
  if (type === "array") return Array.isArray(value);
  if (type === "object") return typeof value === "object" && value !== null && !Array.isArray(value);
  return typeof value === type;
}
