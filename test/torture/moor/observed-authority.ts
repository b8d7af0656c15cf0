import { answerText } from "../../../src/objects/session/by-text.ts";
import { SessionAuthority } from "../../../src/objects/session/session-authority.ts";
import type { SessionAuthorityParts } from "../../../src/objects/session/session-authority-parts.ts";
import { SessionRows, type SessionStorage } from "../../../src/objects/session/session-rows.ts";
import type { SessionRecord } from "../../../src/session/record.ts";

/** An authority as its object answers by texts, whose record can be looked at, as it is stored, without a trace. */
export class ObservedAuthority extends SessionAuthority {
  readonly #storage: SessionStorage;

  constructor(parts: SessionAuthorityParts) {
    super(parts);
    this.#storage = parts.storage;
  }

  readText(ask: string) {
    return answerText(ask, (asked: Parameters<SessionAuthority["read"]>[0]) => this.read(asked));
  }

  commitText(ask: string) {
    return answerText(ask, (asked: Parameters<SessionAuthority["commit"]>[0]) => this.commit(asked));
  }

  async observe(): Promise<{ record: SessionRecord | undefined }> {
    return { record: new SessionRows(this.#storage).load() };
  }
}
