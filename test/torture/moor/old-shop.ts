import { readAdoptKey } from "../../../src/adoption/adopt-key.ts";
import { createAdoption } from "../../../src/adoption/adoption.ts";
import { routeOf } from "../../../src/adoption/old-application.ts";
import { createQuestions } from "../../../src/adoption/question.ts";
import { createRecent } from "../../../src/adoption/recent.ts";
import { createRefusals } from "../../../src/adoption/refusals.ts";
import type { AskedAdoption } from "../../../src/config/adopt.ts";
import type { ResolvedConfig } from "../../../src/config/resolved.ts";
import { parseKeyRing } from "../../../src/inbound/token/key-ring.ts";
import { bindReader, type ReaderSettings } from "../../../src/old-formats/registry.ts";
import type { MoorParts } from "../../../src/request/parts.ts";
import { openQuestion, readKeys, signAnswer } from "../../../src/sdk/adopt/question.ts";
import { policyOf } from "../../../src/session/policy.ts";
import type { Upstream } from "../../../src/upstream/upstream.ts";
import { OLD_NAME } from "../history.ts";
import { loginOfId, OLD_COOKIE } from "../old-cookie.ts";
import { SITE, type Stage } from "../subject.ts";

const FROM = "shop";
const ISSUER = new URL(SITE).origin;
const CONFIRM_KEYS = `1:${"A".repeat(43)}`;
const ADOPT_KEY = "E".repeat(43);
/** Time for an answer, in milliseconds. */
const WORK_MS = 20;
const DAY_SECONDS = 86_400;

/** The path of the old application below an isolate's origins. */
export const OLD_PATH = "/old";

/** The entry of `adopt` for the old application, whose pool is called "old". */
export const adoptOld = (graceSeconds: number) => ({
  from: FROM,
  cookies: [OLD_COOKIE],
  confirm: { pool: "old", path: "/moor-adopt" },
  until: "2090-01-01T00:00:00Z",
  graceSeconds,
});

/** The adoption of sessions in an isolate, and the configuration with the routes of its questions. */
export function adoptionIn(parts: Pick<MoorParts, "config" | "authority" | "memory" | "tokens" | "clock" | "log">): {
  readonly config: ResolvedConfig;
  readonly bind: (upstream: Upstream) => ReturnType<typeof createAdoption>;
} {
  const { config, log } = parts;
  const asked = config.adopt.filter((entry): entry is AskedAdoption => entry.confirm !== undefined);
  const routes = new Map(asked.map((entry) => [entry.from, routeOf(entry)]));
  const limiter = { limit: async () => ({ success: true }) };
  const questions = createQuestions(parseKeyRing(CONFIRM_KEYS, "MOOR_CONFIRM_KEYS"));
  const adoption = {
    ...parts,
    routes,
    questions,
    makeReader: (settings: ReaderSettings) => bindReader({}, settings),
    policy: policyOf(config),
    issuer: ISSUER,
    adoptKey: readAdoptKey(ADOPT_KEY),
    refusals: createRefusals(limiter, [], log),
    recent: createRecent(undefined),
  };
  return {
    config: { ...config, routes: [...config.routes, ...routes.values()] },
    bind: (upstream) => createAdoption(adoption, upstream),
  };
}

/** The old application. It knows a session by its id alone, and keeps which of them have ended. */
export function createOldShop({ clock }: Pick<Stage, "clock">) {
  const ended = new Set<string>();
  const names = { from: FROM, issuer: ISSUER };

  /** The claims of its answer. */
  function answer(method: string, cookie: string, id: string) {
    if (method === "DELETE") ended.add(id);
    if (method !== "GET") return { status: 200 as const };
    const sid = new RegExp(`${OLD_COOKIE}=([^;]+)`).exec(cookie)?.[1] ?? "";
    const login = loginOfId(sid);
    if (!login || ended.has(sid)) return { status: 401 as const };
    const expiresAt = Math.floor(clock.now() / 1000) + DAY_SECONDS;
    return {
      status: 200 as const,
      id: sid,
      principal: login.person,
      attributes: { [OLD_NAME]: login.name },
      expiresAt,
    };
  }

  return async (method: string, headers: Headers): Promise<Response> => {
    await clock.sleep(WORK_MS);
    const asked = headers.get("Moor-Adopt") ?? undefined;
    const question = openQuestion(asked, method, { ...names, keys: readKeys(CONFIRM_KEYS), now: clock.now() });
    const claims = answer(method, headers.get("Cookie") ?? "", question.id);
    return new Response(signAnswer(question, names, claims), { status: claims.status });
  };
}
