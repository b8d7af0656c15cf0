import type { SessionRecord } from "../../../src/session/record.ts";
import { SessionAuthority, type SessionAuthorityParts } from "../../../src/store/session-authority.ts";

/** An authority whose record can be looked at without a trace. */
export class ObservedAuthority extends SessionAuthority {
  readonly #storage: SessionAuthorityParts["storage"];

  constructor(parts: SessionAuthorityParts) {
    super(parts);
    this.#storage = parts.storage;
  }

  async observe(): Promise<{ record: SessionRecord | undefined }> {
    return { record: this.#storage.kv.get<SessionRecord>("record") };
  }
}
