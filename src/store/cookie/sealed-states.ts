import { decodeBase64url } from "../../lib/base64url.ts";
import type { JsonObject } from "../../session/patch.ts";
import { NO_HORIZON, type Operation, type State } from "../../session/states.ts";
import type { Seal } from "../seal.ts";

/** The content of a cookie: a state of a session, or its end. `at`: when it ended, in milliseconds since 1970. */
export type Content = { readonly kind: "state"; readonly state: State } | { readonly kind: "end"; readonly at: number };

/** A cookie that was opened. `unknown-key`: a newer deploy may have sealed it. `junk`: no key of the ring sealed it for this session. */
export type Opened = Content | { readonly kind: "unknown-key" } | { readonly kind: "junk" };

/** Seals the contents of cookies. */
export interface SealedStates {
  seal(id: string, content: Content): Promise<string>;
  open(id: string, text: string): Promise<Opened>;
}

/** Contents are padded to a multiple of this, so that the length of a cookie tells little of its content. */
const BLOCK_BYTES = 256;
/** 1,024 bytes make a value of 1,406 characters, which is below 1,500 bytes together with its name. */
export const MAX_CONTENT_BYTES = 4 * BLOCK_BYTES;
const FORMAT = 1;

/** @param keyIds the ids of the ring of the seal. */
export function createSealedStates(seal: Seal, keyIds: ReadonlySet<number>): SealedStates {
  return {
    seal: (id, content) => seal.close(contextOf(id), padded(textOf(content))),

    async open(id, text) {
      const [, keyId] = decodeBase64url(text.slice(0, 4)) ?? [];
      if (keyId === undefined) return { kind: "junk" };
      if (!keyIds.has(keyId)) return { kind: "unknown-key" };
      const opened = await seal.open(contextOf(id), text);
      return (opened !== undefined && parse(opened)) || { kind: "junk" };
    },
  };
}

/** Whether a state fits into one cookie. */
export function fits(state: State): boolean {
  return bytesOf(textOf({ kind: "state", state })) <= MAX_CONTENT_BYTES;
}

function contextOf(id: string) {
  return { id, version: 0, purpose: "client" } as const;
}

/** JSON may be followed by spaces. */
function padded(text: string): string {
  const bytes = bytesOf(text);
  return text + " ".repeat(Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES - bytes);
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** Times are differences, because a cookie is short. */
function textOf(content: Content): string {
  if (content.kind === "end") return JSON.stringify([FORMAT, content.at]);
  const { state } = content;
  const { version, bornAt, touchedAt, idleDeadline, absoluteDeadline, returned, attributes } = state;
  const from = beginOf(state);
  const times = [bornAt, touchedAt - bornAt, idleDeadline - touchedAt, absoluteDeadline - bornAt];
  const flashes = state.flashes.map(({ id, patches }) => [id, patches]);
  const operations = state.operations.map(({ id, at, patches, flash, takes }) => [
    id,
    at - from,
    patches,
    ...(flash.length + takes.length > 0 ? [flash, takes] : []),
  ]);
  const horizon = hasHorizon(state) ? state.horizon - bornAt : null;
  return JSON.stringify([FORMAT, version, ...times, horizon, returned ? 1 : 0, attributes, flashes, operations]);
}

/** Stamps of operations are counted from here. */
function beginOf(state: Pick<State, "horizon" | "bornAt">): number {
  return hasHorizon(state) ? state.horizon : state.bornAt;
}

function hasHorizon({ horizon }: Pick<State, "horizon">): boolean {
  return horizon !== NO_HORIZON;
}

type Read = readonly [
  format: number,
  version: number,
  bornAt: number,
  sinceTouch: number,
  idleMs: number,
  absoluteMs: number,
  sinceHorizon: number | null,
  returned: 0 | 1,
  attributes: JsonObject,
  flashes: readonly [id: string, patches: readonly JsonObject[]][],
  operations: readonly [string, number, readonly JsonObject[], (readonly JsonObject[])?, (readonly string[])?][],
];

/** `undefined`: another format. The text was sealed by Moor, so its form need not be checked. */
function parse(text: string): Content | undefined {
  const read = JSON.parse(text) as Read | readonly [format: number, at: number];
  if (read[0] !== FORMAT) return undefined;
  if (read.length === 2) return { kind: "end", at: read[1] };
  const [, version, bornAt, sinceTouch, idleMs, absoluteMs, sinceHorizon, returned, attributes, flashes, operations] =
    read;
  const touchedAt = bornAt + sinceTouch;
  const horizon = sinceHorizon === null ? NO_HORIZON : bornAt + sinceHorizon;
  const from = beginOf({ bornAt, horizon });
  const state: State = {
    version,
    bornAt,
    touchedAt,
    idleDeadline: touchedAt + idleMs,
    absoluteDeadline: bornAt + absoluteMs,
    returned: returned === 1,
    horizon,
    attributes,
    flashes: flashes.map(([id, patches]) => ({ id, patches })),
    operations: operations.map(([id, after, patches, flash = [], takes = []]): Operation => {
      return { id, at: from + after, patches, flash, takes };
    }),
  };
  return { kind: "state", state };
}
