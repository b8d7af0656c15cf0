import { isPrincipal } from "../session/change.ts";
import { checkPatch, type Json, type JsonObject } from "../session/patch.ts";
import type { Claims } from "./question.ts";

/** A living session, as its old application describes it. */
export interface OldSession {
  readonly kind: "session";
  /** The id of the session at its application, of at least 96 random bits. Absent: it has no such id, so it is in the cookie alone. */
  readonly id?: string;
  readonly principal?: string;
  readonly attributes: JsonObject;
  /** Whether its attributes are left out, because they are larger or nest deeper than Moor takes. */
  readonly tooLarge: boolean;
  /** Something of it that Moor could not take, for the log. */
  readonly flaw?: string;
  /** Present: this Moor may only read the sessions there. */
  readonly readOnly?: true;
  /** When it ends by itself, in milliseconds since 1970. */
  readonly expiresAt: number;
}

/** The values that the answer to one question must have. */
export interface Expected {
  /** The old application. */
  readonly from: string;
  readonly issuer: string;
  readonly nonce: string;
  readonly status: number;
}

/** An answer that the old application has signed, and that Moor cannot take. */
export class AnswerError extends Error {
  override readonly name = "AnswerError";
}

/**
 * Checks that an answer belongs to its question.
 *
 * @throws AnswerError that says which claim is wrong, without its value.
 */
export function checkAnswer(claims: Claims, { from, issuer, nonce, status }: Expected): void {
  if (claims.iss !== from) wrong("iss", `the name of the old application, ${from}`);
  if (claims.aud !== issuer) wrong("aud", `the issuer of this Moor, ${issuer}`);
  if (claims.nonce !== nonce) wrong("nonce", "the jti of the question");
  if (claims.status !== status) wrong("status", `the status of the response, ${status}`);
}

/**
 * Reads the session in an answer of status 200.
 *
 * @throws AnswerError that says which claim is wrong, without its value.
 */
export function readSession(claims: Claims): OldSession {
  const { id, principal, attributes = {}, expiresAt, tooLarge = false, readOnly = false } = claims;
  if (id !== undefined && !isRandomId(id))
    wrong("id", "16 to 256 visible ASCII characters, of 96 random bits at least");
  if (principal !== undefined && !(typeof principal === "string" && isPrincipal(principal)))
    wrong("principal", "1 to 256 visible ASCII characters");
  if (!Number.isSafeInteger(expiresAt) || Number(expiresAt) <= 0) wrong("expiresAt", "whole seconds since 1970");
  if (typeof tooLarge !== "boolean") wrong("tooLarge", "true or false");
  if (typeof readOnly !== "boolean") wrong("readOnly", "true or false");
  const taken = tooLarge ? undefined : takenOf(attributes);
  return {
    kind: "session",
    ...(id === undefined ? {} : { id: id as string }),
    ...(principal === undefined ? {} : { principal: principal as string }),
    attributes: taken ?? {},
    tooLarge: taken === undefined,
    ...(readOnly ? { readOnly } : {}),
    expiresAt: Number(expiresAt) * 1000,
  };
}

/** The randomness of an id cannot be seen. A text that is too short for 96 bits is refused. */
function isRandomId(id: unknown): boolean {
  return typeof id === "string" && /^[\x21-\x7e]{16,256}$/.test(id);
}

/** The attributes, if a session may have them. A visitor keeps their login all the same. */
export function takenOf(attributes: unknown): JsonObject | undefined {
  try {
    return checkPatch(attributes as Json);
  } catch {
    return undefined;
  }
}

function wrong(claim: string, accepted: string): never {
  throw new AnswerError(`the answer's ${claim} is wrong, accepted: ${accepted}`);
}
