import { expect } from "vitest";
import type { Answer, Client } from "../../support/node/client.ts";
import { TEST_ISSUER } from "../../support/node/workerd.ts";

/** A page, and how Moor has made it. */
export interface Seen {
  /** The path and query after all redirects. */
  readonly path: string;
  readonly text: string;
  /** The server that answered. */
  readonly server: "a" | "b";
  /** The version of the session in Moor; 0: Moor stores nothing of it. */
  readonly version: number;
}

/** A browser that follows redirects and sends forms. */
export type Browser = ReturnType<typeof createBrowser>;

const MOST_REDIRECTS = 10;
type Enctype = "application/x-www-form-urlencoded" | "multipart/form-data";

/** The address of every visitor. */
export const VISITOR_IP = "203.0.113.7";
const NAVIGATION = {
  "CF-Connecting-IP": VISITOR_IP,
  "Sec-Fetch-Mode": "navigate",
  "Sec-Fetch-Dest": "document",
  "Sec-Fetch-Site": "same-origin",
};

/** Makes a browser whose redirects must stay on the site. */
export function createBrowser(client: Client) {
  const open = async (path: string) => seenAt(path, await client.ask(path, { headers: NAVIGATION }));

  /** Follows the redirects of an answer, as a browser does after a form. */
  async function seenAt(path: string, answer: Answer, redirects = 0): Promise<Seen> {
    const location = answer.headers.location;
    if (location === undefined) {
      expect(answer.status, `${path}: ${answer.text.slice(0, 2_000)}`).toBe(200);
      const facts = String(answer.headers["server-timing"]);
      const server = /origin=(a|b)\b/.exec(facts)?.[1] as "a" | "b";
      return { path, text: answer.text, server, version: Number(/version=(\d+)/.exec(facts)?.[1]) };
    }
    expect(redirects, `${path} redirects in a circle`).toBeLessThan(MOST_REDIRECTS);
    const { pathname, search } = onSite(String(location), path, "redirects to");
    const next = pathname + search;
    return seenAt(next, await client.ask(next, { headers: NAVIGATION }), redirects + 1);
  }

  return {
    /** The names of cookies that are not Moor's. An application that keeps its session in a cookie would survive without Moor. */
    otherCookies: () => [...client.cookies.keys()].filter((name) => !name.startsWith("__Host-moor")),
    /** The page at a path. */
    open,
    /** The page that a form leads to. `enctype` is that of the form. */
    async submit(
      path: string,
      fields: Readonly<Record<string, string>>,
      enctype: Enctype = "application/x-www-form-urlencoded",
    ): Promise<Seen> {
      const form = enctype === "multipart/form-data" ? new FormData() : new URLSearchParams();
      for (const [name, value] of Object.entries(fields)) form.append(name, value);
      const request = new Request(TEST_ISSUER, { method: "POST", body: form });
      const body = await request.text();
      const headers = {
        ...NAVIGATION,
        Origin: TEST_ISSUER,
        "Content-Type": request.headers.get("Content-Type") ?? "",
        "Content-Length": String(Buffer.byteLength(body)),
      };
      return seenAt(path, await client.ask(path, { method: "POST", headers, body }));
    },
  };
}

/** The fields that a page's form sends by itself: tokens, and values that stand in it already. Lists to choose from are left out. */
export function fieldsOf({ path, text }: Seen, field: string): Record<string, string> {
  const forms = text.match(/<form[\s>][\s\S]*?<\/form>/gi) ?? [];
  const form = forms.find((each) => inputsOf(each).has(field));
  expect(form, `${path} has no form with the field ${field}: ${text.slice(0, 2_000)}`).toBeDefined();
  const action = /^<form\b[^>]*/i.exec(form as string)?.[0] ?? "";
  onSite(attributeOf(action, "action") ?? "", path, "has a form for");
  return Object.fromEntries(inputsOf(form as string));
}

/** The URL of an address in a page. A visitor cannot reach the servers, so it must be of the site. */
function onSite(address: string, path: string, fact: string): URL {
  const url = new URL(address, new URL(path, TEST_ISSUER));
  expect(url.origin, `${path} ${fact} ${address}, which leaves the site`).toBe(TEST_ISSUER);
  return url;
}

const CLICKED = /^(submit|button|image|reset|checkbox|radio|file)$/;

function inputsOf(form: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const [tag] of form.matchAll(/<(?:input|textarea)\b[^>]*>/gi)) {
    const [name, value] = [attributeOf(tag, "name"), attributeOf(tag, "value") ?? ""];
    if (name !== undefined && !CLICKED.test(attributeOf(tag, "type") ?? "")) fields.set(name, value);
  }
  return fields;
}

function attributeOf(tag: string, name: string): string | undefined {
  const found = new RegExp(`\\s${name}=(?:"([^"]*)"|'([^']*)')`, "i").exec(tag);
  const value = found?.[1] ?? found?.[2];
  return value === undefined ? undefined : unescaped(value);
}

/** The first link of a page whose address contains a text. */
export function linkIn({ path, text }: Seen, part: string): string {
  const links = Array.from(text.matchAll(/\shref=["']([^"']+)["']/g), ([, address = ""]) => unescaped(address));
  const found = links.find((address) => address.includes(part));
  if (found === undefined) throw new Error(`${path} has no link with ${part}: ${links.join(" ")}`);
  const { pathname, search } = onSite(found, path, "has a link to");
  return pathname + search;
}

const NAMED: Readonly<Record<string, string>> = { amp: "&", quot: '"', lt: "<", gt: ">" };

function unescaped(value: string): string {
  return value.replace(/&(?:#(\d+)|([a-z]+));/g, (entity, code?: string, name = "") =>
    code === undefined ? (NAMED[name] ?? entity) : String.fromCodePoint(Number(code)),
  );
}
