import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type JsonObject, mergePatches } from "../../../src/sdk/origin/json.ts";
import { type JwtParts, newSigningKey, type SigningKey, signJwt } from "./signer.ts";

/** A call of the session API, as it came. */
export interface ApiCall {
  readonly method: string;
  readonly bearer: string;
  readonly body: unknown;
}

/** The session that the session API answers with; `undefined`: it answers 503. */
export interface FakeSession {
  readonly version: number;
  readonly attributes: JsonObject;
}

/** The part of Moor that a server calls: keys, and the session API of one session. A test sets their answers. */
export interface FakeMoor {
  readonly url: string;
  readonly issuer: string;
  readonly audience: string;
  /** The key that `handoff` signs with, which is published from the start. */
  readonly key: SigningKey;
  session: FakeSession | undefined;
  /** From now on these keys are published, and no others. `undefined`: reading them fails with 503. */
  publish(keys: readonly SigningKey[] | undefined): void;
  /** How often the keys were read. */
  keyReads(): number;
  /** The calls of the session API since the last time that this was asked. */
  takeCalls(): ApiCall[];
  /** The parts of a handoff that is valid now, with claims of the test's own. */
  parts(claims?: Readonly<Record<string, unknown>>): JwtParts;
  /** A handoff of a stored session at version 5. A claim that is `undefined` is left out. */
  handoff(claims?: Readonly<Record<string, unknown>>): string;
  stop(): Promise<void>;
}

/** Seconds since 1970. */
export const nowSeconds = () => Math.floor(Date.now() / 1000);

export async function startFakeMoor(audience = "app"): Promise<FakeMoor> {
  const key = newSigningKey();
  const issuer = "https://app.test";
  let published: readonly SigningKey[] | undefined = [key];
  let reads = 0;
  let calls: ApiCall[] = [];

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url === "/.moor/jwks.json") {
      reads++;
      return published === undefined ? problem(response, 503) : json(response, { keys: published.map(jwkOf) });
    }
    if (request.url !== "/.moor/session") return problem(response, 404);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString("utf8");
    const body: unknown = text === "" ? undefined : JSON.parse(text);
    const { method = "", headers } = request;
    calls.push({ method, bearer: (headers.authorization ?? "").replace(/^Bearer /, ""), body });
    const { session } = moor;
    if (session === undefined) return problem(response, 503);
    if (method === "DELETE") return void response.writeHead(204).end();
    if (method === "PATCH") {
      const attributes = mergePatches(session.attributes, [body as JsonObject]);
      moor.session = { version: session.version + 1, attributes };
    }
    json(response, { id: "sid", generation: 0, principal: null, ...moor.session });
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((cause: unknown) => response.destroy(cause as Error));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const parts = (claims: Readonly<Record<string, unknown>> = {}): JwtParts => {
    const times = { iat: nowSeconds(), exp: nowSeconds() + 60 };
    const stored = { sid: "sid", gen: 0, ver: 5, data: {} };
    return {
      header: { alg: "ES256", kid: key.kid, typ: "JWT" },
      claims: { iss: issuer, aud: audience, ...times, ...stored, ...claims },
    };
  };
  const moor: FakeMoor = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    issuer,
    audience,
    key,
    session: { version: 5, attributes: {} },
    publish: (keys) => (published = keys),
    keyReads: () => reads,
    takeCalls() {
      const taken = calls;
      calls = [];
      return taken;
    },
    parts,
    handoff: (claims) => signJwt(parts(claims), key),
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
  return moor;
}

function jwkOf({ kid, publicKey }: SigningKey): object {
  return { ...publicKey.export({ format: "jwk" }), kid, alg: "ES256", use: "sig" };
}

function json(response: ServerResponse, value: unknown): void {
  response
    .writeHead(200, { "Content-Type": "application/json", "Cache-Control": "max-age=300" })
    .end(JSON.stringify(value));
}

function problem(response: ServerResponse, status: number): void {
  const body = JSON.stringify({ status, code: "session_unavailable", title: "Out of reach." });
  response.writeHead(status, { "Content-Type": "application/problem+json" }).end(body);
}
