import { env } from "cloudflare:workers";
import { vi } from "vitest";
import { type Credentials, joinCredentials } from "../../src/carriers/credentials.ts";
import { createTokens, type Tokens } from "../../src/inbound/token/tokens.ts";
import { createObjectAuthority } from "../../src/objects/clients/session-client.ts";
import { type Commit, type CommitParts, commit, type Done } from "../../src/request/commit.ts";
import { follow } from "../../src/request/follow.ts";
import { type TokenWrite, tokenFor } from "../../src/request/respond.ts";
import type { Policy } from "../../src/session/change.ts";
import type { View } from "../../src/session/record.ts";
import { type Intent, NO_INTENT, type Session } from "../../src/session/session.ts";
import type { Authority, Copies } from "../../src/store/contracts.ts";
import type { Fallback } from "../../src/store/fallback-contract.ts";
import { createMemory } from "../../src/store/memory.ts";
import { type Opened, openSession } from "../../src/store/open-session.ts";
import { createOutage } from "../../src/store/outage.ts";
import { createTiers } from "../../src/store/tiers.ts";
import { macRing } from "./rings.ts";
import { POLICY } from "./sessions.ts";
import { asTexts } from "./token-texts.ts";

/** The real authority. Its calls are counted. While `down` it is unavailable. */
export interface CountedAuthority extends Authority {
  readonly calls: ("read" | "commit" | "takeOver")[];
  down: boolean;
}

/** On a busy machine the first call of an object takes longer than a visitor would wait. */
const PATIENT = { deadlineMs: 30_000 };

export function countedAuthority(
  real: Authority = createObjectAuthority(env.SESSION_OBJECT, PATIENT),
): CountedAuthority {
  const counted: CountedAuthority = {
    calls: [],
    down: false,
    name: real.name,
    async read(ref, now) {
      counted.calls.push("read");
      return counted.down ? { kind: "unavailable", cause: new Error("down") } : real.read(ref, now);
    },
    async commit(ref, change) {
      counted.calls.push("commit");
      return counted.down ? { kind: "unavailable", cause: new Error("down") } : real.commit(ref, change);
    },
    async takeOver(id) {
      counted.calls.push("takeOver");
      return counted.down ? { kind: "unavailable", cause: new Error("down") } : real.takeOver(id);
    },
  };
  return counted;
}

/** The credentials of a client, as its three cookies keep them. */
export class Client {
  token: string | undefined;
  proof: string | undefined;
  /** The time in its mark. A mark belongs to a single session. */
  markedAt: number | undefined;
  #id: string | undefined;

  constructor(credentials?: Credentials) {
    if (credentials) this.receive({ kind: "write", id: "", credentials, expiresAt: 0, isRemembered: false });
  }

  get credentials(): Credentials | undefined {
    const { token, proof = "" } = this;
    return token === undefined ? undefined : { token, proof, marks: [] };
  }

  /** Token and proof as one text. */
  get text(): string | undefined {
    return this.credentials && joinCredentials(this.credentials);
  }

  receive(write: TokenWrite): void {
    if (write.kind === "clear") this.token = this.proof = undefined;
    if (write.kind !== "write") return;
    const { token, proof } = write.credentials;
    if (this.#id !== write.id) this.markedAt = undefined;
    this.#id = write.id;
    this.token = token;
    this.proof = proof || this.proof;
  }

  /** Another client with the same credentials. */
  copy(): Client {
    const copy = new Client();
    copy.token = this.token;
    copy.proof = this.proof;
    copy.markedAt = this.markedAt;
    copy.#id = this.#id;
    return copy;
  }
}

/** A session as an origin is shown it. */
export interface SeenSession extends Session {
  readonly id: string;
  /** Whether it is in no store. */
  readonly isNew: boolean;
  readonly principal: string | undefined;
  readonly attributes: View["attributes"];
}

/** The changes that an origin asks for in its response, and the circumstances of the request. */
export interface Visit {
  ask?: (session: SeenSession) => Partial<Intent>;
  strict?: boolean;
  /** Default: 503 rather than a state that may be older than the client has seen. */
  onStale?: "serve" | "refuse";
  /** Whether the response may give a fresh token; default `true`, as for a page that is navigated to. */
  navigates?: boolean;
  /** `Moor-Version` of the response. */
  version?: number;
  /** Runs between the request's arrival and its commit. */
  meanwhile?: () => Promise<unknown>;
  /** The region that the request comes from; default: unknown. */
  region?: number;
  /** The pin that the session has got with this response, if any; see `TokenOptions`. */
  moved?: { pin: number; isNews: boolean };
  /** Tells the index of the principal's sessions where a login comes from. Default: from nowhere. */
  request?: Request;
}

export interface Visited {
  readonly opened: Opened;
  /** The session as the origin was shown it. */
  readonly session: SeenSession | undefined;
  readonly committed: Commit | undefined;
  readonly write: TokenWrite;
  /** Whether the response sets the mark of the session that its client then holds. */
  readonly marks: boolean;
  /** Calls of the authority. */
  readonly calls: readonly string[];
}

/** The parts of an edge. Default: the real authority, and no other store. */
export interface EdgeParts {
  readonly policy?: Policy;
  readonly tokens?: Tokens;
  readonly authority?: CountedAuthority;
  readonly replicas?: Copies;
  readonly fallback?: Fallback;
  /** The index of each principal's sessions. Default: none. */
  readonly principals?: CommitParts["principals"];
  /** Whether the authority backs sessions up; default `true`. */
  readonly backsUp?: boolean;
}

/** One isolate at the edge: the way of a request without its HTTP. Its clock is `Date`, which the tests set. */
export function createEdge(given: EdgeParts = {}) {
  const policy = given.policy ?? POLICY;
  const tokens = given.tokens ?? createTokens(macRing(1));
  const authority = given.authority ?? countedAuthority();
  const memory = createMemory();
  const { backsUp = true } = given;
  const outage = given.fallback && createOutage(given.fallback, { clock: () => Date.now(), backsUp });
  const tiers = createTiers({ memory, replicas: given.replicas, authority, outage });
  const parts: CommitParts = {
    authority,
    tiers,
    tokens,
    policy,
    principals: given.principals,
    clock: () => Date.now(),
  };

  async function visit(
    client: Client,
    {
      ask,
      strict = false,
      onStale = "refuse",
      navigates = true,
      version,
      meanwhile,
      region = 0,
      moved,
      request = new Request("https://shop.test/"),
    }: Visit = {},
  ) {
    const from = authority.calls.length;
    const end = (visited: Omit<Visited, "calls">): Visited => ({ ...visited, calls: authority.calls.slice(from) });
    const arrivedAt = Date.now();
    const given = client.credentials && (await tokens.open(client.credentials, arrivedAt));
    const token = given && { ...given, markedAt: client.markedAt };
    const toMark = new Set<string>();
    const arrival = { arrivedAt, region };
    const opened = await openSession({ token, arrival, strict, onStale, toMark }, parts);
    if (opened.kind === "unavailable") {
      return end({ opened, session: undefined, committed: undefined, write: { kind: "none" }, marks: false });
    }
    const session = seen(opened.session);
    const intent: Intent = { ...NO_INTENT, ...ask?.(session) };
    await meanwhile?.();
    const tokenOf = (done: Done) => {
      const mayGiveFresh = navigates || toMark.has(done.session.token.id);
      return tokenFor(done, { mayGiveFresh, withProof: false, moved }, parts);
    };
    let committed = await commit(opened, intent, { request, toMark }, parts);
    if (committed.kind === "done" && version !== undefined) {
      committed = await follow(committed, version, opened, { request, toMark }, parts);
    }
    const write = committed.kind === "done" ? await tokenOf(committed) : ({ kind: "none" } as const);
    client.receive(write);
    const held = write.kind === "write" ? write.id : token?.id;
    const marks = held !== undefined && toMark.has(held);
    if (marks) client.markedAt = Date.now();
    return end({ opened, session, committed, write, marks });
  }

  return { visit, tokens, texts: asTexts(tokens), authority, memory, tiers, parts };
}

export type Edge = ReturnType<typeof createEdge>;

function seen(session: Session): SeenSession {
  const { token, view } = session;
  const { principal, attributes = {} } = view ?? {};
  return { ...session, id: token.id, isNew: view === undefined, principal, attributes };
}

/** The commit of a visit that was acknowledged. */
export function doneOf({ committed }: Visited): Done {
  if (committed?.kind !== "done") throw new Error(`not done: ${committed?.kind}`);
  return committed;
}

/** Sets the clock of edge and authority. */
export function setTime(now: number): void {
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.setSystemTime(now);
}
