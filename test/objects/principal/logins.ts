import type { SessionLimit } from "../../../src/session/change.ts";
import { login } from "../../support/asks.ts";
import { Client, doneOf, setTime, type Visit } from "../../support/edge.ts";
import { createPrincipalWorld, type PrincipalWorld } from "../../support/principals.ts";
import { at, T0 } from "../../support/time.ts";

/** The world of the current test. {@link begin} makes a new one. */
export let world: PrincipalWorld;

/** Begins a world at {@link T0}. Each test begins one, so that no test sees another's sessions. */
export function begin(limit?: SessionLimit): void {
  setTime(T0);
  world = createPrincipalWorld(limit);
}
/** Begins a world in which a principal may have so many sessions, and further logins are refused. */
export const refusing = (sessions: number) => begin({ sessions, onTooMany: "refuse" });

/**
 * A client that has logged in, or has tried to. Work after the answer is done when the function returns, unless it is
 * left open.
 */
export async function logIn(visit: Visit = {}, client = new Client(), { settle = true } = {}) {
  await world.edge.visit(client);
  const visited = await world.edge.visit(client, { ...login(world.principal), ...visit });
  if (settle) await world.settled();
  const id = visited.committed?.kind === "done" ? doneOf(visited).session.token.id : visited.session!.id;
  return { client, visited, id, kind: visited.committed?.kind };
}

/** The principal of the session that a client is shown at once. */
export async function principalOf(client: Client): Promise<string | undefined> {
  const { session } = await world.edge.visit(client, { strict: true });
  await world.settled();
  return session?.principal;
}

/** The ids of the sessions in the index, newest login first. */
export async function listed(): Promise<string[]> {
  const answer = await world.index.list();
  if (answer.kind !== "listed") throw answer.cause;
  return answer.sessions.map(({ id }) => id);
}
/** The rows of the index: each id with its state. */
export const states = async () => (await world.rows()).map(({ id, state }) => [id, state]);

/** A login as the index stores it, of a session that no authority has. */
export function loginOf(id: string, given: { at?: number } = {}) {
  return { id, at: T0, bornAt: T0, absoluteDeadline: at(86_400), country: "", colo: "", device: "", ...given };
}
