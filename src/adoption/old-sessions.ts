import type { ResolvedAdoption } from "../config/adopt.ts";
import type { ResolvedConfig, ResolvedRoute } from "../config/resolved.ts";
import type { Unavailable } from "../lib/unavailable.ts";
import { describeFault, type Log } from "../log.ts";
import type { OldSessions } from "../objects/session/owed-end.ts";
import { SHOWN_CHARACTERS } from "../observe/request-facts.ts";
import type { OldReader } from "../old-formats/format.ts";
import type { ReaderSettings } from "../old-formats/registry.ts";
import type { OldRef, View } from "../session/record.ts";
import type { Upstream } from "../upstream/upstream.ts";
import type { AdoptKey } from "./adopt-key.ts";
import { type Asker, createOldApplication, type OldApplication, type Told } from "./old-application.ts";
import type { Questions } from "./question.ts";
import { createReadApplication } from "./read-application.ts";

/** An entry of `adopt`, with its application. */
export interface Old {
  readonly entry: ResolvedAdoption;
  /** When adoptions end, in milliseconds since 1970. */
  readonly until: number;
  readonly application: OldApplication;
}

/** The parts by which old applications are reached. */
export interface OldsParts {
  readonly config: Pick<ResolvedConfig, "adopt" | "session">;
  /** The routes of the questions, by the names of the applications that are asked. The pools know them. */
  readonly routes: ReadonlyMap<string, ResolvedRoute>;
  /** `undefined`: no application is asked. */
  readonly questions: Questions | undefined;
  /** Makes the reader of the sessions that Moor reads by itself. */
  readonly makeReader: (settings: ReaderSettings) => OldReader;
  readonly issuer: string;
  readonly adoptKey: AdoptKey;
  readonly clock: () => number;
}

/** Whether an old session lives. `gone`: it has ended, or its visitor has logged out of it. */
export type Lives = { readonly kind: "lives" | "gone" } | Unavailable;

/** The old applications of a configuration, and the ends of their sessions. */
export interface Olds {
  readonly all: readonly Old[];
  /** The application that an adopted session came from; `undefined`: the configuration does not name it any more. */
  of(ref: OldRef): Old | undefined;
  /** Ends the old session of a session. It may be repeated. */
  end(ref: OldRef, sessionId: string, asker: Asker): Promise<Told>;
  /**
   * Whether the old session of a session lives, with its login. It is asked about with the visitor's cookies, if they are of that session,
   * and else by its id.
   */
  lives(ref: OldRef, view: Pick<View, "id" | "principal" | "generation">, asker: Asker): Promise<Lives>;
  /** Gives the old session of a session its attributes; see {@link OldApplication.bringBack}. */
  bringBack(ref: OldRef, view: Pick<View, "id" | "version" | "attributes">, asker: Asker): Promise<Told>;
}

const NOTHING_TO_DO: Told = { kind: "done" };

export function createOlds(parts: OldsParts, upstream: Upstream): Olds {
  const { config, routes, questions, makeReader, issuer, adoptKey, clock } = parts;
  const { maxAttributeBytes } = config.session;
  const applicationOf = (entry: ResolvedAdoption): OldApplication => {
    if (!entry.confirm) return createReadApplication(entry, makeReader(entry), clock);
    const asking = { route: routes.get(entry.from) as ResolvedRoute, questions: questions as Questions };
    return createOldApplication({ entry, ...asking, upstream, issuer, maxAttributeBytes, clock });
  };
  const all = config.adopt.map(
    (entry): Old => ({ entry, until: Date.parse(entry.until), application: applicationOf(entry) }),
  );
  const of = ({ from }: OldRef) => all.find(({ entry }) => entry.from === from);

  /** Tells an old application something of the old session that `ref` names, or asks it. */
  async function tell<Answer>(
    ref: OldRef,
    sessionId: string,
    say: (application: OldApplication, id: string) => Promise<Answer>,
  ): Promise<Answer | Unavailable> {
    const { from, sealed } = ref;
    const application = of(ref)?.application;
    if (!application) return unavailable(`adopt names no application ${from} any more`);
    const id = await adoptKey.open(from, sealed, sessionId);
    return id === undefined
      ? unavailable("MOOR_ADOPT_KEY is another than that which adopted the session")
      : say(application, id);
  }

  return {
    all,
    of,
    end: (ref, sessionId, asker) => tell(ref, sessionId, (application, id) => application.end(asker, id)),
    lives: (ref, { id: sessionId, principal, generation }, asker) =>
      tell(ref, sessionId, async (application, id): Promise<Lives> => {
        const heard = asker.headers.has("Cookie") ? await application.ask(asker) : undefined;
        if (heard?.kind === "unavailable") return heard;
        // A login at Moor names its visitor itself.
        if (heard?.kind === "session" && heard.id === id)
          return { kind: generation > 0 || heard.principal === principal ? "lives" : "gone" };
        // Every session has this version already, so nothing changes.
        const told = (await application.bringBack?.(asker, { id, version: 0, attributes: {} })) ?? NOTHING_TO_DO;
        return told.kind === "unavailable" ? told : { kind: told.kind === "gone" ? "gone" : "lives" };
      }),
    bringBack: (ref, { id: sessionId, version, attributes }, asker) =>
      tell(ref, sessionId, async (application, id) => {
        return (await application.bringBack?.(asker, { id, version, attributes })) ?? NOTHING_TO_DO;
      }),
  };
}

function unavailable(reason: string): Unavailable {
  return { kind: "unavailable", cause: new Error(reason) };
}

/** How long an application that has not answered is not asked again on behalf of other sessions, in milliseconds. */
const SILENT_MS = 5_000;

/**
 * The old applications, as the alarms of ended sessions reach them: without a request of a visitor, at the address of this Moor.
 *
 * @param bind builds the parts at the first end. Its fault does not harm the session.
 */
export function createOldSessions(
  bind: () => { olds: Olds; issuer: string },
  { clock, log }: { clock: () => number; log: Log },
): OldSessions {
  let bound: ReturnType<typeof bind> | undefined;
  const silentUntil = new Map<string, number>();

  async function tell(old: OldRef, sessionId: string): Promise<Told> {
    bound ??= bind();
    const { olds, issuer } = bound;
    const arrivedAt = clock();
    if (arrivedAt < (silentUntil.get(old.from) ?? 0))
      return unavailable(`the old application ${old.from} has just not answered`);
    const asker: Asker = { url: new URL(issuer), headers: new Headers(), arrivedAt, region: 0 };
    const told = await olds.end(old, sessionId, asker);
    if (told.kind === "unavailable") silentUntil.set(old.from, clock() + SILENT_MS);
    return told;
  }

  return {
    async end(old, sessionId) {
      const told = await tell(old, sessionId).catch((cause: unknown) => ({ kind: "unavailable" as const, cause }));
      const session = sessionId.slice(0, SHOWN_CHARACTERS);
      if (told.kind === "forbidden") log({ event: "adoption_read_only", kind: old.from, session });
      if (told.kind !== "unavailable") return { kind: "done" };
      log({
        event: "adoption_unavailable",
        session,
        reason: describeFault(told.cause),
      });
      return told;
    },
    left: ({ from }, sessionId) =>
      log({ event: "old_session_left", kind: from, session: sessionId.slice(0, SHOWN_CHARACTERS) }),
  };
}
