import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { isJsonObject, type JsonObject } from "../origin/json.ts";
import { createSigner } from "./testing-signer.ts";
import { TestVisitor } from "./testing-visitor.ts";

export type { TestVisitor } from "./testing-visitor.ts";

/** A stand-in for Moor, for the tests of an application. It signs handoffs, and serves its keys and the session API. */
export interface TestMoor {
  /** The options of `session()` that lead to it. */
  readonly options: { readonly issuer: string; readonly audience: string };
  /** A visitor with a session of their own. With attributes the session is stored already. */
  visitor(attributes?: JsonObject): TestVisitor;
  stop(): Promise<void>;
}

/**
 * Starts it on a free port of 127.0.0.1. It keeps sessions in memory, and takes every change that is well-formed: it
 * knows no limits, deadlines, permissions or failures.
 */
export async function startTestMoor({ audience = "test" }: { audience?: string } = {}): Promise<TestMoor> {
  const { jwks, sign } = await createSigner();
  const bearers = new Map<string, TestVisitor>();

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url === "/.moor/jwks.json") return reply(response, 200, jwks);
    const visitor = bearers.get(request.headers.authorization?.replace(/^Bearer /, "") ?? "");
    if (request.url !== "/.moor/session") return reply(response, 404, { code: "not_found" });
    if (!visitor) return reply(response, 401, { title: "Send the request's Moor-Session as a bearer token." });
    if (visitor.isNew) return reply(response, 409, { title: "This session is not stored yet." });
    if (request.method === "DELETE") visitor.end();
    if (request.method === "PATCH") visitor.patch([await readPatch(request)]);
    const { attributes, version, generation, principal } = visitor;
    if (request.method === "DELETE") response.writeHead(204).end();
    else reply(response, 200, { attributes, version, generation, principal });
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => reply(response, 400, { title: String(error) }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    options: { issuer, audience },
    visitor: (attributes) =>
      new TestVisitor(attributes, async (visitor, claims) => {
        const jwt = await sign({ iss: issuer, aud: audience, ...claims });
        bearers.set(jwt, visitor);
        return jwt;
      }),
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

async function readPatch(request: IncomingMessage): Promise<JsonObject> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const patch: unknown = JSON.parse(Buffer.concat(chunks).toString());
  if (!isJsonObject(patch)) throw new TypeError("the merge patch is no object");
  return patch;
}
