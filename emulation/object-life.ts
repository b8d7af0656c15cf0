import type { Clock } from "./clock.ts";
import { received, transmitted } from "./copy.ts";
import { createObjectStorage, type Disk, type ObjectStorage } from "./object-storage.ts";
import { platformErrors } from "./platform-errors.ts";

/** The facts that an instance is told about itself. */
export interface ObjectContext {
  /** The location where the object lives: that of the first who asked for it. */
  readonly home: string;
}

/** The facts that an alarm is told. */
export interface AlarmInfo {
  readonly scheduledTime: number;
  readonly retryCount: number;
  readonly isRetry: boolean;
}

/** Makes an instance; it may have a method `alarm`, which is given an {@link AlarmInfo}. */
export type CreateInstance<Instance extends object> = (
  id: string,
  storage: ObjectStorage,
  context: ObjectContext,
) => Instance;

/** An object: its storage and alarm, which stay, and its instance, which does not. */
export interface ObjectLife {
  readonly home: string;
  /** Calls a method. An error that is thrown inside arrives as `remote`. */
  call(method: string, args: readonly unknown[]): Promise<unknown>;
  /**
   * Throws the instance away. Its calls fail, its storage turns it away, and its further work reaches no caller. The
   * next call or alarm meets a new instance.
   */
  reset(): void;
  /** Brings the storage and the alarm back as they were before the first call after `at`, as a restore does. */
  setBack(at: number): void;
}

interface Alarm {
  readonly scheduledTime: number;
  readonly retryCount: number;
}

const ALARM_RETRIES = 6;
const FIRST_RETRY_MS = 2_000;

/**
 * An object that has not been called yet. Its alarm runs at least once. An alarm that throws or is cut off is repeated
 * after 2 s, and six times at most, each time after twice as long. An alarm that it has set in the meantime takes its
 * place.
 */
export function createObjectLife(
  id: string,
  home: string,
  { clock, create }: { clock: Clock; create: CreateInstance<object> },
): ObjectLife {
  let instance: Instance | undefined;
  let alarm: Alarm | undefined;
  let ringing: Promise<void> | undefined;
  /** The storage before each call. */
  const past: {
    readonly at: number;
    readonly rows: ReadonlyMap<string, unknown>;
    readonly alarmAt: number | undefined;
  }[] = [];
  const disk: Disk = {
    rows: new Map(),
    setAlarm(at) {
      alarm = undefined;
      if (at !== undefined) void wake({ scheduledTime: at, retryCount: 0 }, at);
    },
  };

  function call(method: string, args: readonly unknown[]): Promise<unknown> {
    past.push({ at: clock.now(), rows: new Map(disk.rows), alarmAt: alarm?.scheduledTime });
    return current().call(method, args);
  }

  function current(): Instance {
    instance ??= new Instance((assertCurrent) => create(id, createObjectStorage(disk, assertCurrent), { home }));
    return instance;
  }

  async function wake(due: Alarm, at: number): Promise<void> {
    alarm = due;
    await clock.sleep(at - clock.now());
    // An alarm that comes due while another alarm runs waits for it.
    await ringing;
    if (alarm !== due) return;
    alarm = undefined;
    ringing = ring(due);
  }

  async function ring({ scheduledTime, retryCount }: Alarm): Promise<void> {
    try {
      await call("alarm", [{ scheduledTime, retryCount, isRetry: retryCount > 0 } satisfies AlarmInfo]);
    } catch {
      if (alarm !== undefined || retryCount === ALARM_RETRIES) return;
      void wake({ scheduledTime, retryCount: retryCount + 1 }, clock.now() + FIRST_RETRY_MS * 2 ** retryCount);
    }
  }

  return {
    home,
    call: async (method, args) => call(method, args),
    reset,
    setBack(at) {
      const index = past.findIndex((state) => state.at > at);
      const state = past[index];
      if (!state) return;
      past.length = index;
      reset();
      disk.rows.clear();
      for (const [key, value] of state.rows) disk.rows.set(key, value);
      disk.setAlarm(state.alarmAt);
    },
  };

  function reset(): void {
    instance?.drop(platformErrors.reset());
    instance = undefined;
  }
}

/** The life of an instance in memory. */
class Instance {
  readonly #self: object;
  /** How each call under way is made to fail. */
  readonly #calls = new Set<(fault: Error) => void>();
  #isCurrent = true;

  constructor(create: (assertCurrent: () => void) => object) {
    try {
      this.#self = create(() => {
        if (!this.#isCurrent) throw platformErrors.storageGone();
      });
    } catch (thrown) {
      throw Object.assign(transmitted(thrown), { durableObjectReset: true });
    }
  }

  call(method: string, args: readonly unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#calls.add(reject);
      const leave = () => this.#calls.delete(reject);
      void this.#invoke(method, args).then(resolve, reject).then(leave);
    });
  }

  async #invoke(method: string, args: readonly unknown[]): Promise<unknown> {
    try {
      const found: unknown = Reflect.get(this.#self, method);
      if (typeof found !== "function") throw platformErrors.noSuchMethod(method);
      return received(await found.apply(this.#self, args));
    } catch (thrown) {
      throw Object.assign(transmitted(thrown), { remote: true });
    }
  }

  drop(fault: Error): void {
    this.#isCurrent = false;
    for (const fail of this.#calls) fail(fault);
  }
}
