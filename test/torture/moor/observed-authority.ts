import type { SessionRecord } from "../../../src/session/record.ts";
import { SessionAuthority, type SessionAuthorityParts } from "../../../src/store/session-authority.ts";
import { SessionRows } from "../../../src/store/session-rows.ts";

/** An authority whose record can be looked at without a trace. */
export class ObservedAuthority extends SessionAuthority {
  readonly #rows: SessionRows;

  constructor(parts: SessionAuthorityParts) {
    super(parts);
    this.#rows = new SessionRows(parts.storage);
  }

  async observe(): Promise<{ record: SessionRecord | undefined }> {
    return { record: this.#rows.load() };
  }
}
