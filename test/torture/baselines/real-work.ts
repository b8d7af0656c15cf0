/** Counts work that takes real time, so that a virtual clock can stand still meanwhile. */
export class RealWork {
  #underWay = 0;
  #waiting: (() => void)[] = [];

  /** Counts some work until it is done. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.#underWay++;
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  /** Leaves out the part of some counted work that waits for the clock. */
  async pause<T>(work: () => Promise<T>): Promise<T> {
    this.#leave();
    try {
      return await work();
    } finally {
      this.#underWay++;
    }
  }

  /** Resolves when no work is under way: `true` if there was some. */
  async quiet(): Promise<boolean> {
    if (this.#underWay === 0) return false;
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return true;
  }

  #leave(): void {
    this.#underWay--;
    if (this.#underWay > 0) return;
    for (const resolve of this.#waiting) resolve();
    this.#waiting = [];
  }
}
