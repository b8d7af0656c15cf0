import type { ResolvedPool, ResolvedRoute } from "../../../src/config/resolved.ts";
import { createPool } from "../../../src/upstream/pool.ts";
import type { Outgoing } from "../../../src/upstream/send/attempt.ts";
import { forward } from "../../../src/upstream/send/forward.ts";
import { answerAs, type Behaviour } from "../../support/origins.ts";
import { choiceFacts, poolConfig, retriesOf } from "../../support/pools.ts";
import { at } from "../../support/time.ts";

export const ok = () => new Response("hello");
export const cloudflares = (status: number) => () => new Response("", { status, headers: { Server: "cloudflare" } });
export const lost = (): never => {
  throw new Error("Network connection lost.");
};
/** Loses visitors' requests, and answers the isolate's checks. */
export const losesPages: Behaviour = ({ method }) => (method === "HEAD" ? ok() : lost());
/** Answers visitors, and loses the isolate's checks. */
export const losesChecks: Behaviour = ({ method }) => (method === "HEAD" ? lost() : ok());
/** Is late to visitors, and answers the isolate's checks. */
export const isLate: Behaviour = ({ method }) => (method === "HEAD" ? ok() : new Promise(() => {}));
/** Treats visitors' requests like this, and is late to the isolate's checks. */
export const heldUp =
  (answer: () => Response): Behaviour =>
  ({ method, signal }) => {
    if (method !== "HEAD") return answer();
    return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
  };

export interface Request {
  method?: string;
  upgrade?: boolean;
  body?: ReadableStream;
  route?: Partial<ResolvedRoute>;
}

/**
 * A pool of a, b and c, asked in that order, and the results of its requests. Origins without a given behaviour lose
 * everything.
 */
export function site(origins: Record<string, Behaviour[]>, config: Partial<ResolvedPool> = {}) {
  const { sent } = answerAs(origins);
  const checks: Promise<unknown>[] = [];
  let now = at(0);
  const clock = () => now;
  const pool = createPool(
    { ...poolConfig(["a", "b", "c"]), attemptDeadlineMs: 20, ...config },
    { clock, keepAlive: (check) => checks.push(check), random: () => 0 },
  );
  const settled = async () => {
    while (checks.length > 0) await Promise.all(checks.splice(0));
  };
  const choose = (session: string, given: { resendable?: boolean; strict?: boolean } = {}) =>
    pool.choose(choiceFacts(session), { resendable: true, now, ...given }).order;
  return {
    origins,
    pool,
    clock,
    tick: (seconds: number) => (now = at(seconds)),
    settled,
    choose,
    /** The result of a client's request. `byAffinity`: the pool chooses the origins for it. */
    async ask(client: string, { method = "GET", upgrade, body, route }: Request = {}, byAffinity = false) {
      const init = { method, headers: upgrade ? { Upgrade: "websocket" } : {} };
      const retries = retriesOf(route, init);
      const outgoing: Outgoing = {
        method,
        target: "/",
        headers: new Headers(),
        body: body ?? null,
        retries: body ? { ...retries, unsent: false, lost: false, timeout: "never" } : retries,
        isEvidence: !upgrade && !body,
        hasSession: true,
        forbidsCaches: true,
        asked: { hostname: "shop.test" },
        deadlineMs: 20,
        session: client,
      };
      pool.losses.checkReturning(client, pool.panic.isOn, now);
      const order = byAffinity ? choose(client, { resendable: retries.lost }) : pool.origins;
      const forwarded = await forward(outgoing, order, pool, clock);
      await settled();
      return forwarded.kind === "response" ? `${forwarded.response.status} ${forwarded.origin.id}` : forwarded.kind;
    },
    states: () => [0, 1, 2].map((index) => pool.health.of(index, now)),
    pages: () =>
      sent
        .filter(({ method }) => method !== "HEAD")
        .map(({ url }) => new URL(url).hostname.slice(0, 1))
        .join(""),
    checks: (id: string) => sent.filter(({ method, url }) => method === "HEAD" && url.includes(`//${id}.`)).length,
  };
}
/** The states of the origins. */
export const HEALTHY = ["healthy", "healthy", "healthy"];
export const A_IS_GONE = ["ejected", "healthy", "healthy"];
