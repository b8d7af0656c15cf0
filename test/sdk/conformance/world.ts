import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { type JsonObject, mergePatches } from "../../../src/sdk/origin/json.ts";
import type { Answer, Client } from "../../support/node/client.ts";
import { freePort } from "../../support/node/ports.ts";
import { type Site, startSite } from "../../support/node/site.ts";
import { TEST_ISSUER } from "../../support/node/workerd.ts";
import { type DropIn, type Server, type Settings, startServer } from "./drop-in.ts";
import { type FakeMoor, startFakeMoor } from "./fake-moor.ts";

const HOST = "app.test";
/** A host whose routes have no session. */
const HOST_WITHOUT_SESSION = "assets.test";

/** An answer of the application that Moor has not touched. */
export interface DirectAnswer {
  readonly status: number;
  readonly text: string;
  /** Its headers whose names begin with `moor-`. A comma joins several headers of the same name. */
  readonly moor: Readonly<Record<string, string>>;
  /** Its merge patches, in order. */
  readonly patches: readonly JsonObject[];
  readonly setCookies: readonly string[];
}

/** A request without Moor in between. `body` is sent as JSON. */
export interface DirectAsking {
  readonly method?: string;
  readonly body?: unknown;
  readonly handoff?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A server that a test asks without Moor in between. */
export interface DirectServer {
  /** Sends a request. Without `handoff` it has no `Moor-Session` header. */
  ask(path: string, asking?: DirectAsking): Promise<DirectAnswer>;
  output(): string;
}

/** The attributes as `GET /read` answers them. */
export interface Read {
  readonly attributes: JsonObject;
  readonly new: boolean;
}

/** A visitor of the application behind Moor. */
export interface Visitor {
  readonly client: Client;
  /** A GET that succeeds. Resolves to the JSON of its answer. */
  get<T = unknown>(path: string): Promise<T>;
  /** A POST that succeeds, with a body in JSON. */
  post<T = unknown>(path: string, body?: unknown): Promise<T>;
  /** A GET, whatever its status. */
  ask(path: string): Promise<Answer>;
  /** A POST, whatever its status. */
  send(path: string, body?: unknown): Promise<Answer>;
  /** The attributes, from the server that the query `to` chooses, or from the visitor's own. */
  read(to?: string): Promise<JsonObject>;
}

export type ServerName = "a" | "b";

/** A server behind Moor, which a test may kill and start again. */
export interface ServerBehindMoor {
  kill(): Promise<void>;
  start(): Promise<void>;
}

/** The servers that the cases play against. */
export interface World {
  readonly site: Site;
  /** Behind Moor: servers a and b. Each has the file system of this machine, and nothing else, in common with the other. */
  readonly servers: Readonly<Record<ServerName, ServerBehindMoor>>;
  /** The values of the query `to` by which a request goes to each server. */
  readonly to: Readonly<Record<ServerName, string>>;
  visitor(cookies?: Iterable<[string, string]>): Visitor;
  visitorWithoutSession(): Visitor;
  /** A Moor that the test plays, and a server that asks it. */
  readonly fake: FakeMoor;
  readonly direct: DirectServer;
  /** Another server, with a Moor of its own that the test plays. Both end with the test. */
  startDirect(): Promise<{ fake: FakeMoor; direct: DirectServer }>;
  stop(): Promise<void>;
}

/** Builds the application, and starts Moor, its two servers, and the server that the tests ask directly. */
export async function startWorld(dropIn: DropIn): Promise<World> {
  const ending: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    await Promise.all(ending.map((end) => end()));
  };
  try {
    const out = await mkdtemp(join(tmpdir(), "moor-drop-in-"));
    ending.push(() => rm(out, { recursive: true, force: true }));
    await dropIn.build?.(out);

    const ports = { a: await freePort(), b: await freePort() };
    const site = await startSite([], {
      pools: [
        {
          id: "app",
          origins: Object.entries(ports).map(([id, port]) => ({ id, url: `http://127.0.0.1:${port}` })),
          // A request with `to` goes to the server that its value chooses.
          hashPolicy: [{ type: "query", name: "to" }, { type: "session-id" }],
          outlierDetection: { baseEjectionSeconds: 1 },
          session: { may: ["patch", "principal", "end"] },
        },
      ],
      routes: [
        { host: HOST_WITHOUT_SESSION, path: "/*", pool: "app", session: false },
        { path: "/*", pool: "app" },
      ],
    });
    ending.push(() => site.stop());
    const settings = { MOOR_ISSUER: TEST_ISSUER, MOOR_AUDIENCE: "app", MOOR_URL: `http://127.0.0.1:${site.moor.port}` };
    const startBehindMoor = async (name: ServerName): Promise<ServerBehindMoor> => {
      const start = () => startServer(dropIn, out, settings, { name, port: ports[name] });
      let server = await start();
      ending.push(() => server.kill());
      const again = async () => {
        server = await start();
      };
      return { kill: () => server.kill(), start: again };
    };
    const [a, b] = await Promise.all([startBehindMoor("a"), startBehindMoor("b")]);
    const asking = visitorOf(site.client(), HOST);
    const to = { a: await toFor("a", asking), b: await toFor("b", asking) };

    const startBeforeFake = async () => {
      const fake = await startFakeMoor();
      const server = await startServer(dropIn, out, settingsOf(fake));
      const end = () => Promise.all([server.kill(), fake.stop()]);
      return { fake, direct: directServer(server), end };
    };
    const { fake, direct, end } = await startBeforeFake();
    ending.push(end);

    return {
      site,
      servers: { a, b },
      to,
      visitor: (cookies) => visitorOf(site.client(cookies), HOST),
      visitorWithoutSession: () => visitorOf(site.client(), HOST_WITHOUT_SESSION),
      fake,
      direct,
      async startDirect() {
        const started = await startBeforeFake();
        onTestFinished(async () => void (await started.end()));
        return started;
      },
      stop,
    };
  } catch (cause) {
    await stop();
    throw cause;
  }
}

/** The first number that leads to a server by Moor's affinity. */
async function toFor(name: ServerName, { get }: Visitor): Promise<string> {
  for (let to = 1; to <= 100; to++) {
    if ((await get<{ name: string }>(`/pid?to=${to}`)).name === name) return String(to);
  }
  throw new Error(`no request has come to server ${name}`);
}

function settingsOf({ issuer, audience, url }: FakeMoor): Settings {
  return { MOOR_ISSUER: issuer, MOOR_AUDIENCE: audience, MOOR_URL: url };
}

/** A server as a test asks it without Moor in between. */
export function directServer({ url, output }: Pick<Server, "url" | "output">): DirectServer {
  return {
    output,
    async ask(path, { method = "GET", body, handoff, headers } = {}) {
      const response = await fetch(url + path, {
        method,
        headers: {
          ...(handoff !== undefined && { "Moor-Session": handoff }),
          ...(body !== undefined && { "Content-Type": "application/json" }),
          ...headers,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        redirect: "manual",
      });
      const moor = Object.fromEntries([...response.headers].filter(([name]) => name.startsWith("moor-")));
      const patches = JSON.parse(`[${moor["moor-patch"] ?? ""}]`) as JsonObject[];
      const setCookies = response.headers.getSetCookie();
      return { status: response.status, text: await response.text(), moor, patches, setCookies };
    },
  };
}

/** The attributes that Moor has after the patches of an answer. */
export function patched(before: JsonObject, { patches }: DirectAnswer): JsonObject {
  return mergePatches(before, patches);
}

function visitorOf(client: Client, host: string): Visitor {
  const send = (path: string, body?: unknown) => {
    const text = body === undefined ? "" : JSON.stringify(body);
    const headers = {
      Host: host,
      "Content-Type": "application/json",
      "Content-Length": String(Buffer.byteLength(text)),
    };
    return client.ask(path, { method: "POST", headers, body: text });
  };
  const ask = (path: string) => client.ask(path, { headers: { Host: host } });
  const get = async <T>(path: string) => succeeded<T>(await ask(path));
  return {
    client,
    ask,
    get,
    send,
    post: async (path, body) => succeeded(await send(path, body)),
    read: async (to) => (await get<Read>(to === undefined ? "/read" : `/read?to=${to}`)).attributes,
  };
}

function succeeded<T>({ status, text }: Answer): T {
  expect(status, text).toBe(200);
  return JSON.parse(text) as T;
}
