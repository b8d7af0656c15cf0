/** One life of an isolate. When it is lost, calls that are under way in it never answer or act again. */
export class IsolateLife {
  #isLost = false;

  lose(): void {
    this.#isLost = true;
  }

  /** The same object, for as long as the isolate lives. Later calls never begin, and calls under way never return. */
  within<T extends object>(target: T): T {
    return new Proxy(target, {
      get: (object, name) => {
        const member: unknown = Reflect.get(object, name);
        if (typeof member !== "function") return member;
        return (...args: unknown[]) => this.run(() => Reflect.apply(member, object, args) as unknown);
      },
    });
  }

  /** Does work for as long as the isolate lives. */
  async run<T>(work: () => T | Promise<T>): Promise<T> {
    if (this.#isLost) return never();
    try {
      const outcome = await work();
      return this.#isLost ? await never() : outcome;
    } catch (fault) {
      return this.#isLost ? never() : Promise.reject(fault);
    }
  }
}

function never(): Promise<never> {
  return new Promise(() => {});
}
