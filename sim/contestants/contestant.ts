/** An origin of a simulated pool. */
export interface SimulatedOrigin {
  readonly id: string;
  readonly weight: number;
}

/** An algorithm that is compared. */
export interface Contestant {
  /** As tables and plots call it. */
  readonly name: string;
  /** Compiles a pool; the result tells which of its origins, by index, serves a session. */
  compile(origins: readonly SimulatedOrigin[]): (session: string) => number;
}
