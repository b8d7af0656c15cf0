import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { principalName } from "../../src/objects/clients/principal-client.ts";
import { PrincipalIndex } from "../../src/objects/principal/principal-index.ts";
import { PrincipalRows, type Row } from "../../src/objects/principal/principal-rows.ts";
import type { SessionLimit } from "../../src/session/change.ts";
import type { Unattended } from "../../src/store/contracts.ts";
import type { Principals, ProviderLogout } from "../../src/store/principal-contracts.ts";
import { createAuthorities } from "./authorities.ts";
import { countedAuthority, createEdge } from "./edge.ts";
import { uniqueId } from "./sessions.ts";

/** A message between edge, session and index. The message or its answer can get lost. */
export type Step = "reserve" | "confirm" | "forget" | "look" | "end";
export type Loss = "request" | "answer";

const LOST = { kind: "unavailable" as const, cause: new Error("lost") };

/**
 * A principal of a single test: the index of their sessions, on a real object's storage, and the sessions' authorities
 * in memory, which report to the index. The clock of all is `Date`, which the tests set.
 */
export function createPrincipalWorld(limit: SessionLimit = { sessions: 10_000, onTooMany: "end-oldest" }) {
  const principal = uniqueId("principal");
  const losses = new Map<Step, Loss>();
  const steps: Step[] = [];
  let alarm: number | null = null;

  /** Takes a step, which may get lost. */
  async function step<T>(name: Step, take: () => Promise<T>): Promise<T | typeof LOST> {
    steps.push(name);
    const loss = losses.get(name);
    if (loss === "request") return LOST;
    const answer = await take();
    return loss === "answer" ? LOST : answer;
  }

  const sessions = createAuthorities({
    principals: {
      confirm: (whose, login, limit) => step("confirm", () => inIndex((own) => own.confirm({ login, limit }), whose)),
      forget: (whose, id) => step("forget", () => inIndex((own) => own.forget({ id }), whose)),
    },
  });
  const unattended: Unattended = {
    look: (id, options) => step("look", () => sessions.look(id, options)),
    end: (id) => step("end", () => sessions.end(id)),
  };

  /** Works with the index itself, in its object. `whose`: another principal, whose alarm never rings. */
  async function inIndex<T>(
    work: (index: PrincipalIndex, rows: PrincipalRows) => Promise<T>,
    whose = principal,
  ): Promise<T> {
    const object = env.PRINCIPAL_OBJECT.getByName(await principalName(whose));
    return runInDurableObject(object, (_, { storage }) => {
      const rows = new PrincipalRows(storage);
      const alarms = {
        getAlarm: async () => alarm,
        setAlarm: async (at: number) => {
          if (whose === principal) alarm = at;
        },
      };
      return work(new PrincipalIndex({ rows, sessions: unattended, alarms, clock: () => Date.now() }), rows);
    });
  }

  /** Lets the index' alarm ring. */
  async function ring(): Promise<void> {
    alarm = null;
    await inIndex((own) => own.alarm());
  }

  const index: Pick<Principals, "reserve"> = {
    reserve: (whose, reservation) => step("reserve", () => inIndex((own) => own.reserve({ reservation }), whose)),
  };
  const authority = countedAuthority(sessions);
  const edge = createEdge({ authority, principals: { index, limit } });

  return {
    principal,
    edge,
    authority,
    sessions,
    losses,
    /** The messages since the last call. */
    stepsTaken: () => steps.splice(0),
    index: {
      reserve: (reservation: Parameters<PrincipalIndex["reserve"]>[0]["reservation"]) =>
        inIndex((own) => own.reserve({ reservation })),
      confirm: (ask: Parameters<PrincipalIndex["confirm"]>[0]) => inIndex((own) => own.confirm(ask)),
      list: (most = 100, after?: string) => inIndex((own) => own.list({ most, after })),
      count: () => inIndex((own) => own.count()),
      logOut: (logout: ProviderLogout) => inIndex((own) => own.endAll({ logout })),
      endAll: (except?: string) => inIndex((own) => own.endAll({ except })),
    },
    inIndex,
    /** The rows as they are stored. */
    rows: (): Promise<Row[]> => inIndex(async (_, rows) => rows.due(Number.MAX_SAFE_INTEGER, 100_000)),
    /** The time of the index' alarm, if it is set. */
    alarm: () => alarm,
    ring,
    /** Resolves when all work that goes on after answers is done, with the alarms that are due. */
    async settled() {
      await sessions.settled();
      while (alarm !== null && alarm <= Date.now()) await ring();
      await sessions.settled();
    },
  };
}

export type PrincipalWorld = ReturnType<typeof createPrincipalWorld>;
