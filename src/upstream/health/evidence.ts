/** The clients whose requests an origin has lost since it last answered. */
export interface Evidence {
  /** A client's request was lost; the origin may have taken it, or nothing was sent. */
  note(client: string, isTaken: boolean, now: number): void;
  /**
   * Another origin has answered the same request.
   *
   * @returns of how many clients that is known.
   */
  confirm(client: string, now: number): number;
  clear(): void;
  /** Whether a client's request was lost. */
  has(client: string): boolean;
  /** Whether another client's request was lost before a time. */
  hasOthersBefore(client: string, before: number): boolean;
  /** Whether the only evidence is that an origin took requests of one client and did not answer them. */
  isOneClientsLoss(): boolean;
}

/** Losses that are older than this no longer count. */
const WINDOW_MS = 60_000;
/** The most that `consecutiveGatewayFailure` may ask for. */
const MAX_CLIENTS = 1_000;

interface ClientLoss {
  /** When it lost the first. */
  readonly at: number;
  readonly isTaken: boolean;
  readonly isConfirmed: boolean;
}

export function createEvidence(): Evidence {
  const losses = new Map<string, ClientLoss>();

  function merge(client: string, given: Partial<ClientLoss>, now: number): void {
    const known = losses.get(client);
    const isNew = !known || now - known.at > WINDOW_MS;
    const [oldest] = losses.keys();
    if (!known && oldest !== undefined && losses.size >= MAX_CLIENTS) losses.delete(oldest);
    losses.set(client, { ...(isNew ? { at: now, isTaken: true, isConfirmed: false } : known), ...given });
  }

  return {
    note: (client, isTaken, now) => merge(client, isTaken ? {} : { isTaken }, now),
    confirm(client, now) {
      merge(client, { isConfirmed: true }, now);
      return [...losses.values()].filter(({ at, isConfirmed }) => isConfirmed && now - at <= WINDOW_MS).length;
    },
    clear: () => losses.clear(),
    has: (client) => losses.has(client),
    hasOthersBefore: (client, before) => [...losses].some(([other, { at }]) => other !== client && at < before),
    isOneClientsLoss: () => losses.size < 2 && [...losses.values()].every(({ isTaken }) => isTaken),
  };
}
