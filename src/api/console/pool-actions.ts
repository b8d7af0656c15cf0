import { html } from "hono/html";
import { Hono } from "hono/tiny";
import { sessionSpans } from "../../upstream/live/live-pools.ts";
import { othersOf } from "../operators/pools-api.ts";
import { noRoute } from "../problem.ts";
import { type FactsParts, factsOf } from "./facts.ts";
import { type Html, section } from "./layout.ts";
import { type ConsoleContext, type ConsoleEnv, type ConsoleParts, page } from "./parts.ts";
import { donePage, planPage, refusalText } from "./plan-page.ts";
import { atOf, type Plan, type PlannedAction, planChange } from "./plans.ts";

const ACTIONS: readonly PlannedAction[] = ["drain", "restore", "eject"];
/** A drain has one of these deadlines, in seconds; "": none. */
const DEADLINES = ["", "3600", "86400"];

/** The pages that plan a change of a pool, and the forms that make it. */
export function createPoolActions({ config, pools, clock }: ConsoleParts, facts: FactsParts): Hono<ConsoleEnv> {
  const { awayMs, lifeMs } = sessionSpans(config.session);
  const app = new Hono<ConsoleEnv>();

  for (const action of ACTIONS) {
    const path = `/pools/:pool/origins/:origin/${action}`;
    app.get(path, (c) => planned(c, action, (plan) => shown(c, plan, 200)));
    app.post(path, (c) => planned(c, action, (plan) => act(c, plan)));
  }

  /** Plans the action anew: what an operator sees is never older than the request. */
  async function planned(
    c: ConsoleContext,
    action: PlannedAction,
    then: (plan: Plan) => Promise<Response> | Response,
  ): Promise<Response> {
    const pool = config.pools.find(({ id }) => id === c.req.param("pool"));
    const origin = pool?.origins.find(({ id }) => id === c.req.param("origin"));
    if (!pool || !origin) return noRoute(c.req.raw, c.env.log);
    const known = await factsOf(pool, facts);
    if (known.kind === "unknown") {
      const text = `The object of the pool did not answer (${known.why}). Nothing was changed. Try again.`;
      const main = section("Not possible now", paragraph(text));
      return page(c, { title: "Not possible now", at: "/pools", main }, c.req.method === "GET" ? 200 : 503);
    }
    return then(planChange(action, origin.id, { ...known, lifeMs, now: clock() }));
  }

  function shown(
    c: ConsoleContext,
    plan: Plan,
    status: 200 | 400 | 409,
    message?: string,
  ): Response | Promise<Response> {
    const main = planPage(plan, c.get("operator"), clock(), message);
    return page(c, { title: `${plan.action} ${plan.origin}`, at: "/pools", main }, status);
  }

  async function act(c: ConsoleContext, plan: Plan): Promise<Response> {
    const form = await c.req.parseBody();
    const pool = config.pools.find(({ id }) => id === plan.pool);
    if (!pool || !pools) return noRoute(c.req.raw, c.env.log);
    if (String(form.version) !== String(plan.version)) {
      return tell(c, plan, await shown(c, plan, 409, refusalText("version-changed")));
    }
    if (plan.typed !== undefined && form.typed !== plan.typed) {
      return tell(c, plan, await shown(c, plan, 400, `Type “${plan.typed}” to confirm. Nothing was changed.`));
    }
    const deadline = String(form.deadlineSeconds ?? "");
    if (!DEADLINES.includes(deadline)) {
      return tell(c, plan, await shown(c, plan, 400, "Choose one of the deadlines. Nothing was changed."));
    }
    const changed = await pools.change(plan.pool, {
      awayMs,
      change: {
        action: plan.action,
        origin: plan.origin,
        ...atOf(plan.action),
        ...(plan.action === "drain" && deadline !== "" ? { deadlineMs: Number(deadline) * 1000 } : {}),
        others: othersOf(pool, plan.origin, clock()),
        anyway: plan.leavesNone,
        sessionLifeMs: lifeMs,
        onVersion: plan.version,
        by: { id: crypto.randomUUID(), who: c.get("who"), from: "console" },
      },
    });
    if (changed.kind === "unavailable") {
      const text = "The object of the pool did not answer. Whether the change was made is not known: look at the pool.";
      const main = section("Not known", paragraph(text));
      return tell(c, plan, await page(c, { title: "Not known", at: "/pools", main }, 503));
    }
    if (changed.kind === "refused") return tell(c, plan, await shown(c, plan, 409, refusalText(changed.reason)));
    const main = donePage(plan, changed.kind, changed.published, clock());
    return tell(c, plan, await page(c, { title: "Done", at: "/pools", main }));
  }

  /** Logs the action, as the admin API does. */
  function tell(c: ConsoleContext, { action, pool, origin }: Plan, response: Response): Response {
    c.env.log({ event: "admin", who: c.get("who"), action, status: response.status, pool, origin });
    return response;
  }

  return app;
}

function paragraph(text: string): Html {
  return html`<p class="bad" role="alert">${text}</p>`;
}
