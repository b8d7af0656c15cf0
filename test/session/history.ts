import { type Applied, apply, type Found, find } from "../../src/session/apply.ts";
import type { Change } from "../../src/session/change.ts";
import type { SessionRecord } from "../../src/session/record.ts";
import { changeAt, refTo } from "../support/sessions.ts";
import { T0 } from "../support/time.ts";

/** When and by whom something is asked: the generation that the request proves, and when it arrived. */
export interface Asked {
  now?: number;
  arrivedAt?: number;
  generation?: number;
}

/** A session's record, with every change that is applied to it. */
export class History {
  record: SessionRecord | undefined;

  /** A session founded with `attributes`, whose token has come back, at the tests' time 0. */
  static begun(attributes = {}): History {
    const history = new History();
    history.apply({ patches: [attributes], touch: true });
    return history;
  }

  apply(asked: Partial<Change>, { now = T0, arrivedAt = now, generation = 0 }: Asked = {}): Applied {
    const applied = apply(this.record, refTo("s", arrivedAt, generation), changeAt(now, asked), now);
    if ("save" in applied && applied.save) this.record = applied.save;
    return applied;
  }

  find({ now = T0, arrivedAt = now, generation = 0 }: Asked = {}): Found {
    const found = find(this.record, refTo("s", arrivedAt, generation), now);
    if (found.kind === "hit" && found.save) this.record = found.save;
    return found;
  }
}
