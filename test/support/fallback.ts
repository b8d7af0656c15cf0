import { createRedisWorld } from "../../emulation/redis.ts";
import type { Fallback } from "../../src/store/fallback-contract.ts";

/** A command to Redis. */
export type Command = Exclude<keyof Fallback, "name">;

/** The fate of a command: it never arrives, its answer is lost, or something else happens before its answer arrives. */
export type Met = "down" | "answer-lost" | (() => Promise<unknown>);

/** Redis in memory. It lists its commands, and fails as the test says. */
export interface WatchedFallback extends Fallback {
  /** The commands that were sent, in order. */
  readonly commands: Command[];
  /** Sets the fate of all commands, or of the named command, from now on. `undefined`: they work. */
  meets(met: Met | undefined, command?: Command): void;
  /** Sets the fate of the next command of this name, once. */
  next(command: Command, met: Met): void;
  /** The commands that `work` sends. */
  during(work: () => Promise<unknown>): Promise<Command[]>;
  /** Redis itself, past all faults. */
  readonly real: Fallback;
}

export function watchedFallback(now: () => number = () => Date.now()): WatchedFallback {
  const real = createRedisWorld({ now }).fallback;
  const commands: Command[] = [];
  const always = new Map<Command | "all", Met>();
  const once = new Map<Command, Met>();

  function metBy(command: Command): Met | undefined {
    const met = once.get(command) ?? always.get(command) ?? always.get("all");
    once.delete(command);
    return met;
  }

  async function send(command: Command, args: unknown[]): Promise<unknown> {
    commands.push(command);
    const met = metBy(command);
    if (met === "down") return { kind: "unavailable", cause: new Error("Redis is down") };
    const answer = await (real[command] as (...args: unknown[]) => Promise<unknown>)(...args);
    if (met === "answer-lost") return { kind: "unavailable", cause: new Error("Redis' answer was lost") };
    await met?.();
    return answer;
  }

  const { name, ...methods } = real;
  const sent = Object.keys(methods).map((command) => [
    command,
    (...args: unknown[]) => send(command as Command, args),
  ]) as [Command, never][];
  return {
    ...(Object.fromEntries(sent) as unknown as Fallback),
    name,
    commands,
    real,
    meets(met, command) {
      if (met) always.set(command ?? "all", met);
      else always.delete(command ?? "all");
    },
    next: (command, met) => once.set(command, met),
    async during(work) {
      const from = commands.length;
      await work();
      return commands.slice(from);
    },
  };
}
