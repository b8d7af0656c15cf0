import type { VirtualClock } from "../../emulation/clock.ts";
import type { Faults, KvFault, LinkFault, ObjectFault } from "../../emulation/faults.ts";
import type { Carrier, Kept } from "./carriers.ts";
import type { ActOutcome, Held, Truth, View } from "./history.ts";
import type { Random } from "./random.ts";
import type { AdminAsk, Clocks, Place } from "./schedule.ts";

/** The changes that an origin asks for in its response. */
export interface Asked {
  /** A merge patch of the attributes. */
  readonly patch?: Readonly<Record<string, string | null>>;
  /** A merge patch of the flash. */
  readonly flash?: Readonly<Record<string, string>>;
  readonly principal?: string;
  readonly rotate?: boolean;
  readonly end?: boolean;
}

/** The request header that tells the subject the visit, for {@link Stage.origin}. */
export const VISIT_HEADER = "x-visit";

/** The surroundings of a subject. */
export interface Stage {
  /** Its timers also stand in for the global ones. */
  readonly clock: VirtualClock;
  readonly clocks: Clocks;
  readonly random: Random;
  /** The origin: is shown the session of a visit. After its time it answers with the changes that it asks for. */
  origin(visit: number, view: View): Promise<Asked>;
  /** Must be called when the session's deadline could not be renewed although the visit is answered. */
  untouched(visit: number): void;
  /** Must be called when the subject tells its operator that the authority has lost data of a session. */
  lossTold(visit: number): void;
}

/** The address at which subjects are asked. */
export const SITE = "https://shop.test/";

/** The thing that is judged. It gives sessions to visitors over HTTP. */
export interface Subject {
  /**
   * Answers a request that has reached the edge. 2xx and 303 acknowledge everything that the origin has asked for. 409
   * says that the session has ended.
   */
  handle(request: Request, place: Place): Promise<Response>;
  /** How clients hold their tokens. Default: {@link cookies}. */
  readonly carrier?: Carrier;
  /** A client holds these texts now, because a response has arrived. */
  arrived?(kept: Kept): Promise<void>;
  /** The session that a client's texts name. */
  identify(kept: Kept): Promise<Held | undefined>;
  /** Changes a session without a visitor. A subject without this method has no admins. */
  change?(id: number, sid: string, ask: AdminAsk, place: Place): Promise<ActOutcome>;
  /** Loses an isolate: nothing that is under way in it ever answers or acts again. */
  crash?(place: Place): void;
  /** Redis, or the store of the authority, comes back with the data that it held so long ago. */
  setBack?(ms: number, store: "redis" | "authority"): void;
  /** The switches of the parts that can fail. */
  readonly faults?: {
    readonly object?: Faults<ObjectFault>;
    readonly kv?: Faults<KvFault>;
    readonly redis?: Faults<LinkFault>;
  };
  /** The state of a session, which is read in the end, when all is quiet. */
  truth(sid: string): Promise<Truth>;
  /** Ends it, and puts back each global that it has replaced. */
  close(): Promise<void>;
}

/** Makes subjects of one kind. */
export interface SubjectKind {
  /** A fresh subject for one schedule. */
  create(stage: Stage): Promise<Subject>;
  /**
   * Resolves when no real work, such as a socket's, is under way, except work that waits for the clock. `true`: there
   * was some.
   */
  quiet?(): Promise<boolean>;
  /** Ends the parts that its subjects share. */
  close?(): Promise<void>;
}
