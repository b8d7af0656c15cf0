import type { HashPolicy, PoolConfig } from "../../../src/config/pool-types.ts";
import { token } from "../../../src/settings/grammar.ts";
import type { Remark } from "../remark.ts";
import { allOf, type Line, lastOf, type Section } from "./sections.ts";

/** How a section ties visitors to servers, in the settings of a pool. */
export interface ReadAffinity {
  readonly settings: Pick<PoolConfig, "affinity" | "hashPolicy" | "learn" | "formerBalancer">;
  readonly notes: readonly Remark[];
}

const ONCE = "the key is the same, but not HAProxy's mapping, so each visitor may move once";
const BY_SESSION = "Moor keeps each session on the origin that its id meets, by weight";

/** Reads `balance`, `cookie`, `appsession`, `stick`. A cookie that names a server, or the application's session, counts first. */
export function readAffinity(section: Section): ReadAffinity {
  const notes: Remark[] = [];
  const note = ({ file, line }: Line, text: string) => notes.push({ file, line, text });
  const sticky = readCookie(section, note) ?? readStick(section, note);
  const balance = lastOf(section.lines, "balance");
  const settings = sticky ?? (balance ? readBalance(balance.args, balance.line, note) : {});
  return { settings, notes };
}

type Note = (line: Line, text: string) => void;

function readCookie(section: Section, note: Note): ReadAffinity["settings"] | undefined {
  const cookie = lastOf(section.lines, "cookie") ?? lastOf(section.lines, "appsession");
  const [name = "", ...words] = cookie?.args ?? [];
  if (!cookie || !token.accepts(name)) return undefined;
  if (words.includes("prefix")) {
    note(
      cookie.line,
      `cookie ${name} prefix: Moor does not cut the server's name out of the cookie, so visitors that have it begin a new session; then Moor follows ${name} itself`,
    );
  } else if (words.includes("rewrite")) {
    note(
      cookie.line,
      `cookie ${name} rewrite: Moor leaves the cookie as the server sets it, and sets a second cookie that names the server`,
    );
  } else if (words.includes("insert")) {
    note(
      cookie.line,
      words.includes("dynamic")
        ? `cookie ${name} insert dynamic: HAProxy hashes the servers' addresses with a key, so its visitors go by the session of Moor, and move once`
        : `cookie ${name} insert: visitors with the cookie stay; Moor sets no such cookie, and keeps them by its own session`,
    );
    return words.includes("dynamic") ? {} : { formerBalancer: { type: "haproxy", cookie: name } };
  }
  return { learn: { cookie: name } };
}

function readStick(section: Section, note: Note): ReadAffinity["settings"] | undefined {
  for (const line of allOf(section.lines, "stick")) {
    const [, kind = "", fetch = ""] = line.words;
    if (kind !== "on" && kind !== "match") continue;
    const policy = policyOf(fetch);
    if (policy?.type === "cookie") return { learn: { cookie: policy.name } };
    if (policy) {
      note(line, `stick ${kind} ${fetch}: ${ONCE}`);
      return { hashPolicy: [policy] };
    }
    note(line, `stick ${kind} ${fetch} is not carried over: ${BY_SESSION}`);
  }
  return undefined;
}

/** The value of a request that a sample fetch of HAProxy names. */
function policyOf(fetch: string): HashPolicy | undefined {
  const [, kind = "", argument = ""] = /^([\w.]+)(?:\(([^),]*)[^)]*\))?/.exec(fetch) ?? [];
  if (kind === "src") return { type: "client-ip" };
  if (/^(?:req\.)?cook(?:ie)?$/.test(kind) && token.accepts(argument)) return { type: "cookie", name: argument };
  if (/^(?:req\.)?f?hdr$/.test(kind) && token.accepts(argument)) return { type: "header", name: argument };
  if (/^(?:url_param|urlp)$/.test(kind) && argument !== "") return { type: "query", name: argument };
  return undefined;
}

function readBalance(args: readonly string[], line: Line, note: Note): ReadAffinity["settings"] {
  const [, kind = "", bracketed] = /^([\w-]+)(?:\((.*)\))?$/.exec(args[0] ?? "") ?? [];
  const argument = bracketed ?? args[1] ?? "";
  const shown = `balance ${args.join(" ")}`;
  if (kind === "uri") {
    note(line, `${shown}: ${ONCE.replace("each visitor", "each address")}; the query counts as well`);
    return { affinity: { algorithm: "nginx-hash", key: "$request_uri" } };
  }
  const policies: Record<string, HashPolicy | undefined> = {
    source: { type: "client-ip" },
    url_param: policyOf(`url_param(${argument})`),
    hdr: policyOf(`hdr(${argument})`),
    hash: policyOf(argument),
  };
  const policy = policies[kind];
  if (policy) note(line, `${shown}: ${ONCE}`);
  else note(line, `${shown} is not carried over: ${BY_SESSION}`);
  return policy ? { hashPolicy: [policy] } : {};
}
