import type { Row } from "./messages.ts";

/** The rows of the provider, which outlive its process. */
export interface Rows {
  get(key: string): Row | undefined;
  /** Resolves once the row is safe. `undefined` deletes the row. */
  put(key: string, row: Row | undefined): Promise<void>;
  entries(): Iterable<readonly [string, Row]>;
}

/**
 * Makes the rows of one process.
 *
 * @param kept the rows of the process before it.
 * @param keep has a row kept beyond the end of this process.
 */
export function createRows(
  kept: Iterable<readonly [string, Row]>,
  keep: (key: string, row: Row | undefined) => Promise<void>,
): Rows {
  const rows = new Map(kept);
  return {
    get(key) {
      const row = rows.get(key);
      return row?.expiresAt !== undefined && row.expiresAt <= Date.now() ? undefined : row;
    },
    async put(key, row) {
      if (row) rows.set(key, row);
      else rows.delete(key);
      await keep(key, row);
    },
    entries: () => rows.entries(),
  };
}

/** The adapter by which oidc-provider stores its models: `new Adapter("Session")`. */
export function adapterOver(rows: Rows) {
  return class Adapter {
    readonly #prefix: string;

    constructor(model: string) {
      this.#prefix = `${model}:`;
    }

    async upsert(id: string, payload: Row["payload"], expiresInSeconds?: number): Promise<void> {
      const expiresAt = expiresInSeconds === undefined ? undefined : Date.now() + expiresInSeconds * 1000;
      await rows.put(this.#prefix + id, { payload, expiresAt });
    }

    async find(id: string): Promise<Row["payload"] | undefined> {
      return rows.get(this.#prefix + id)?.payload;
    }

    async findByUid(uid: string): Promise<Row["payload"] | undefined> {
      return this.#rowsWith("uid", uid)[0]?.[1].payload;
    }

    async consume(id: string): Promise<void> {
      const row = rows.get(this.#prefix + id);
      const consumed = Math.floor(Date.now() / 1000);
      if (row) await rows.put(this.#prefix + id, { ...row, payload: { ...row.payload, consumed } });
    }

    async destroy(id: string): Promise<void> {
      await rows.put(this.#prefix + id, undefined);
    }

    async revokeByGrantId(grantId: string): Promise<void> {
      await Promise.all(this.#rowsWith("grantId", grantId).map(([key]) => rows.put(key, undefined)));
    }

    /** The rows of this model that have not expired. */
    #rowsWith(field: string, value: string): (readonly [string, Row])[] {
      const isOne = ([key]: readonly [string, Row]) =>
        key.startsWith(this.#prefix) && rows.get(key)?.payload[field] === value;
      return [...rows.entries()].filter(isOne);
    }
  };
}
