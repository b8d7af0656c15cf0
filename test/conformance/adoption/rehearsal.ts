import type { Client } from "../../support/node/client.ts";

/** A visitor of the old shop who keeps on shopping while their shop moves. */
export interface Shopper {
  readonly user: string;
  readonly client: Client;
  /** The fruits whose changes were acknowledged. */
  readonly fruits: string[];
  /** The server that showed the last page, and the weights at that time. */
  last: { readonly server: string; readonly isOld: boolean; readonly stage: number } | undefined;
}

/** The shares of the two sides, in servers. */
export interface Weights {
  readonly old: number;
  readonly new: number;
}

/** What a rehearsal has seen. */
export interface Rehearsed {
  readonly visitors: number;
  requests: number;
  seconds: number;
  /** Pages that showed another login than the visitor's, or none. */
  loggedOut: number;
  /** Acknowledged changes that a later page did not show. */
  lost: number;
  /** Changes of the server although the weights did not ask for it. */
  movedWithoutNeed: number;
  /** Changes of the side because the weights asked for it. */
  moved: number;
  /** Requests that were not answered with 200. */
  readonly failed: string[];
}

interface Page {
  readonly server: string;
  readonly user?: string;
  readonly basket?: Readonly<Record<string, number>>;
  readonly session?: { readonly sub?: string; readonly data?: { readonly basket?: Readonly<Record<string, number>> } };
}

/** Requests under way at once. */
const UNDER_WAY = 24;

/**
 * Moves the shoppers from the old side to the new side and back, by a deploy for each pair of weights. Each shopper comes once for each of
 * them, and changes their basket each time. The other shoppers go on around each deploy.
 */
export async function rehearse(
  shoppers: readonly Shopper[],
  { stages, deploy }: { stages: readonly Weights[]; deploy: (weights: Weights) => Promise<void> },
): Promise<Rehearsed> {
  const beganAt = Date.now();
  const seen: Rehearsed = {
    visitors: shoppers.length,
    requests: 0,
    seconds: 0,
    loggedOut: 0,
    lost: 0,
    movedWithoutNeed: 0,
    moved: 0,
    failed: [],
  };
  let stage = -1;
  /** A deploy waits for the requests under way, because the local runtime would cut them off. */
  let deployed: Promise<void> = Promise.resolve();
  const underWay = new Set<Promise<unknown>>();

  async function send(shopper: Shopper, path: string, method: "GET" | "POST"): Promise<string | undefined> {
    // Another deploy may have begun meanwhile.
    for (let awaited: unknown; awaited !== deployed; ) {
      awaited = deployed;
      await deployed;
    }
    const asking = shopper.client.ask(path, { method });
    const settled = asking.catch(() => {});
    underWay.add(settled);
    const answer = await asking.catch((cause: unknown) => cause);
    underWay.delete(settled);
    // An idle connection could be closed under the next request.
    shopper.client.close();
    seen.requests++;
    if (answer instanceof Error) return void seen.failed.push(`${method} ${path}: ${answer.message}`);
    const { status, text } = answer as Awaited<typeof asking>;
    return status === 200 ? text : void seen.failed.push(`${method} ${path}: ${status} ${text.slice(0, 80)}`);
  }

  async function visit(shopper: Shopper): Promise<void> {
    const fruit = `f${shopper.fruits.length}`;
    const patch = encodeURIComponent(JSON.stringify({ basket: { [fruit]: 1 } }));
    if ((await send(shopper, `/basket?fruit=${fruit}&patch=${patch}`, "POST")) !== undefined)
      shopper.fruits.push(fruit);
    const at = stage;
    const text = await send(shopper, "/", "GET");
    if (text !== undefined && at === stage) look(shopper, JSON.parse(text) as Page);
  }

  function look(shopper: Shopper, { server, user, basket, session }: Page): void {
    const isOld = session === undefined;
    if ((isOld ? user : session.sub) !== shopper.user) seen.loggedOut++;
    const shown = (isOld ? basket : session.data?.basket) ?? {};
    seen.lost += shopper.fruits.filter((fruit) => shown[fruit] === undefined).length;
    const { last } = shopper;
    if (last && last.isOld !== isOld && isAsked(last.stage, isOld)) seen.moved++;
    else if (last && last.server !== server) seen.movedWithoutNeed++;
    shopper.last = { server, isOld, stage };
  }

  /** Whether the weights since then have turned towards that side. */
  function isAsked(since: number, isOld: boolean): boolean {
    const shares = stages.slice(since, stage + 1).map((weights) => (isOld ? weights.old : weights.new));
    return shares.some((share, at) => at > 0 && share > (shares[at - 1] as number));
  }

  async function deployNext(): Promise<void> {
    await Promise.all(underWay);
    stage++;
    await deploy(stages[stage] as Weights);
  }

  const turns = stages.flatMap(() => shoppers);
  let next = 0;
  const worker = async () => {
    for (let turn = next++; turn < turns.length; turn = next++) {
      if (turn % shoppers.length === 0) deployed = deployNext();
      await visit(turns[turn] as Shopper);
    }
  };
  await Promise.all(Array.from({ length: UNDER_WAY }, worker));
  seen.seconds = Math.round((Date.now() - beganAt) / 1000);
  return seen;
}
