import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished } from "vitest";
import { freePort } from "../support/node/ports.ts";
import type { Project, Running } from "./project.ts";

/**
 * A server that knows nothing of Moor's code: it answers its name, counts visits in the session, and never ends
 * `/stream`.
 */
export async function startServer(name: string): Promise<string> {
  const server = createServer((request, response) => {
    if (request.url === "/stream") return void response.write("first");
    if (request.url === "/visit") response.setHeader("Moor-Patch", JSON.stringify({ visited: name }));
    const [, claims = ""] = String(request.headers["moor-session"]).split(".");
    response.end(JSON.stringify({ name, session: JSON.parse(Buffer.from(claims, "base64url").toString()) as unknown }));
  }).listen(0, "127.0.0.1");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

interface Answer {
  name: string;
  session: { iss: string; aud: string; sid?: string; data?: unknown };
}

/** Sends requests as a visitor who keeps their cookies. */
export function createVisitor() {
  let cookie = "";
  return async (url: string): Promise<Answer> => {
    const response = await fetch(url, { headers: { cookie } });
    for (const line of response.headers.getSetCookie()) cookie = line.slice(0, line.indexOf(";"));
    return (await response.json()) as Answer;
  };
}

/** The address at which it answers. Resolves once it does. */
export async function readyUrl(running: Running): Promise<string> {
  const [, url = ""] = await running.line(/^ready (http:\/\/localhost:\d+)$/m);
  return url;
}

/** A port on which no server listens. */
export async function somePort(): Promise<string> {
  return String(await freePort());
}

/** The Unix socket of its Redis. */
export async function redisSocket(running: Running): Promise<string> {
  const [, path = ""] = await running.line(/^redis unix:\/\/(\/.+)$/m);
  return path;
}

/** Its output on stderr, without the lines about sessions. */
export function complaints(running: Running): string {
  const lines = running.output.stderr.split("\n");
  return lines.filter((line) => !line.includes('"event":"session"')).join("\n");
}

/** Waits until all of its processes have ended. */
export async function nothingIsLeft(running: Running): Promise<void> {
  await expect.poll(running.left).toEqual([]);
}

/** Starts `moor dev` in front of these servers. */
export async function fronting(project: Project, servers: string[], port = "0"): Promise<Running> {
  return project.start(["dev", "--port", port, ...servers.flatMap((url) => ["--origin", url])]);
}
