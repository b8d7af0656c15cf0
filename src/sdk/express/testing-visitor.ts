import { type HeaderSource, readHeader } from "../origin/headers.ts";
import { type JsonObject, mergePatches } from "../origin/json.ts";
import type { LoginView } from "../origin/login-view.ts";
import { newId } from "./session.ts";

/** Signs the claims of a visitor's handoff. */
export type SignFor = (visitor: TestVisitor, claims: object) => Promise<string>;

/** The headers of a response, as Node, supertest or Fetch have them. */
export type ResponseHeaders = Extract<HeaderSource, { headers: unknown }>["headers"];

/** Larger attributes do not travel in the handoff, as by Moor's default: the application asks the session API. */
const DATA_BYTES = 2_048;

/** A visitor of an application under test, and their session. */
export class TestVisitor {
  readonly #sign: SignFor;
  #id = newId();
  attributes: JsonObject;
  /** 0 as long as the session is not stored. */
  version: number;
  generation = 0;
  principal: string | undefined;
  /** The login that Moor has made at a provider. Times are told in whole seconds. Default: none. */
  providerLogin: LoginView | undefined;

  constructor(attributes: JsonObject | undefined, sign: SignFor) {
    this.attributes = attributes ?? {};
    this.version = attributes ? 1 : 0;
    this.#sign = sign;
  }

  get isNew(): boolean {
    return this.version === 0;
  }

  /** The request header of the visitor's next request. */
  async headers(): Promise<{ "moor-session": string }> {
    const { version, generation, principal, attributes, isNew, providerLogin } = this;
    const isShown = JSON.stringify(attributes).length <= DATA_BYTES;
    const known = isNew ? { new: true } : { sid: this.#id, ...(isShown && { data: attributes }) };
    const claims = {
      gen: generation,
      ver: version,
      ...known,
      ...(principal !== undefined && { sub: principal }),
      ...(providerLogin && { login: claimOf(providerLogin) }),
    };
    return { "moor-session": await this.#sign(this, claims) };
  }

  /** Carries out the changes that a response asks for, as Moor does before the visitor sees it. */
  receive(headers: ResponseHeaders): void {
    const read = (name: string) => readHeader({ headers }, name);
    const principal = read("moor-principal");
    const isLogin = principal !== undefined && principal !== this.principal;
    if (read("moor-end") !== undefined || (isLogin && this.principal !== undefined)) this.end();
    if (isLogin) this.principal = principal;
    const rotates = principal !== undefined || read("moor-rotate") !== undefined;
    if (rotates) this.generation++;
    const patches: JsonObject[] = JSON.parse(`[${read("moor-patch") ?? ""}]`);
    if (rotates || patches.length > 0) this.patch(patches);
  }

  /** Merges into the attributes (RFC 7396), as one change. */
  patch(patches: readonly JsonObject[]): void {
    this.attributes = mergePatches(this.attributes, patches);
    this.version++;
  }

  /** Ends the session. The visitor's next request begins another session. */
  end(): void {
    this.#id = newId();
    this.attributes = {};
    this.version = 0;
    this.principal = undefined;
    this.providerLogin = undefined;
  }
}

/** The claim `login` of a handoff. */
function claimOf({ issuer, at, authAt, ...others }: LoginView): object {
  return { ...others, iss: issuer, at: secondsOf(at), ...(authAt !== undefined && { auth_at: secondsOf(authAt) }) };
}

function secondsOf(milliseconds: number): number {
  return Math.floor(milliseconds / 1_000);
}
