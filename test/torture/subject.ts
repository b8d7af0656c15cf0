import type { VirtualClock } from "../../emulation/clock.ts";
import type { Faults, KvFault, LinkFault, ObjectFault } from "../../emulation/faults.ts";
import type { Carrier, Kept } from "./carriers.ts";
import type { ActOutcome, Held, Truth, View } from "./history.ts";
import type { Random } from "./random.ts";
import type { AdminAsk, Clocks, Place } from "./schedule.ts";

/** What an origin asks for in its response. */
export interface Asked {
  /** A merge patch of the attributes. */
  readonly patch?: Readonly<Record<string, string | null>>;
  /** A merge patch of the flash. */
  readonly flash?: Readonly<Record<string, string>>;
  readonly principal?: string;
  readonly rotate?: boolean;
  readonly end?: boolean;
}

/** Header of a request that tells the subject which visit it is, for {@link Stage.origin}. */
export const VISIT_HEADER = "x-visit";

/** Where a subject plays. */
export interface Stage {
  /** Its timers also stand in for the global ones. */
  readonly clock: VirtualClock;
  readonly clocks: Clocks;
  readonly random: Random;
  /** The origin: is shown the session of a visit and answers, after its time, what it asks for. */
  origin(visit: number, view: View): Promise<Asked>;
  /** To be called when the session's deadline could not be renewed though the visit is answered. */
  untouched(visit: number): void;
}

/** Where subjects are asked for. */
export const SITE = "https://shop.test/";

/** What is judged: something that gives visitors sessions, behind the meaning of HTTP. */
export interface Subject {
  /** Answers a request that has reached the edge. 2xx and 303 acknowledge all that the origin has asked for; 409 tells it has ended. */
  handle(request: Request, place: Place): Promise<Response>;
  /** How clients hold what they are given. Default: {@link cookies}. */
  readonly carrier?: Carrier;
  /** What a client holds names. */
  identify(kept: Kept): Promise<Held | undefined>;
  /** Changes a session without a visitor. Without it there are no admins. */
  change?(id: number, sid: string, ask: AdminAsk, place: Place): Promise<ActOutcome>;
  /** Loses an isolate: nothing that is under way in it ever answers or acts again. */
  crash?(place: Place): void;
  /** Redis comes back with what it held so long ago. */
  setBack?(ms: number): void;
  /** Switches of what can fail. */
  readonly faults?: {
    readonly object?: Faults<ObjectFault>;
    readonly kv?: Faults<KvFault>;
    readonly redis?: Faults<LinkFault>;
  };
  /** What is left of a session: asked in the end, when all is quiet. */
  truth(sid: string): Promise<Truth>;
  /** Ends it; puts back whatever global it has replaced. */
  close(): Promise<void>;
}

/** Makes subjects of one kind. */
export interface SubjectKind {
  /** A fresh one for one schedule. */
  create(stage: Stage): Promise<Subject>;
  /** Resolves when no real work is under way, such as a socket's, but what waits for the clock: `true` if there was some. */
  quiet?(): Promise<boolean>;
  /** Ends what its subjects share. */
  close?(): Promise<void>;
}
