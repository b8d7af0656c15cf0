import { createPool } from "../../../src/upstream/pool.ts";
import type { Outgoing } from "../../../src/upstream/send/attempt.ts";
import { type Forwarded, forward } from "../../../src/upstream/send/forward.ts";
import { answerAs, type Behaviour, type Sent } from "../../support/origins.ts";
import { poolConfig, retriesOf } from "../../support/pools.ts";
import { T0 } from "../../support/time.ts";

/** A GET with a session. */
export const OUTGOING: Outgoing = {
  method: "GET",
  target: "/cart?a=1",
  headers: new Headers({ "X-Mine": "1" }),
  body: null,
  retries: retriesOf(),
  isEvidence: true,
  session: "session-1",
  hasSession: true,
  forbidsCaches: true,
  asked: { hostname: "shop.test" },
  deadlineMs: 1_000,
};
/** Bodies that cannot be sent again. */
export const ONCE = { retries: retriesOf({}, { method: "POST" }) };
/** Answers the isolate's checks, and no visitor's request. */
export const slow: Behaviour = ({ method }) => (method === "HEAD" ? ok() : new Promise(() => {}));
/** Loses one page, and answers everything else. */
export const onlyDrop: Behaviour = ({ url }) => {
  if (url.endsWith("/drop")) throw new Error("Network connection lost.");
  return ok();
};
export const times = <T>(count: number, act: () => T): T[] => Array.from({ length: count }, act);
export const ok = () => new Response("hello");
/** An error by a server of this name. */
export const by = (status: number, server: string) => () =>
  new Response("fault", { status, headers: { Server: server } });

/** Whether it is a visitor's request and not a check by the isolate. */
export const isPage = ({ method }: Sent) => method !== "HEAD";

/** Forwards to origins a, b and c in that order. */
export async function forwardTo(origins: Record<string, Behaviour[]>, given: Partial<Outgoing> = {}) {
  const { sent, spy } = answerAs(origins);
  const checks: Promise<unknown>[] = [];
  const config = { ...poolConfig(["a", "b", "c"]), attemptDeadlineMs: 10 };
  const pool = createPool(config, { clock: () => T0, keepAlive: (check) => checks.push(check) });
  const forwarded = await forward({ ...OUTGOING, ...given }, pool.origins, pool, () => T0);
  await Promise.all(checks);
  spy.mockRestore();
  const asked = sent.filter(isPage).map(({ url }) => new URL(url).hostname.slice(0, 1));
  return { forwarded, sent, asked: asked.join(""), pool };
}

/** The result in words: the status and its origin, or the kind of failure. */
export const outcome = (forwarded: Forwarded) =>
  forwarded.kind === "response" ? `${forwarded.response.status} from ${forwarded.origin.id}` : forwarded.kind;
