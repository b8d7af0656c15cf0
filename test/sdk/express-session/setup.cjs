/**
 * Mocha loads this file before express-session's tests. It gives them moor/express in place of express-session, and sends
 * their requests through Moor.
 */
const { createServer } = require("node:http");
const Module = require("node:module");
const { basename } = require("node:path");
const moor = require("moor/express");
const supertest = require("supertest");

const { MOOR_URL: moorUrl, PORT: port, ADAPTED: adapted } = process.env;
/** Names the server of the test that a request is for. */
const SERVER = "x-server-of-test";

const servers = [];
const origin = createServer((request, response) => {
  const server = servers[request.headers[SERVER]];
  // Requests of Moor itself have no server.
  if (server) server.emit("request", request, response);
  else response.end();
});

/** supertest, with Moor between the client and the server. */
function requestThroughMoor(target) {
  const number = servers.push(typeof target === "function" ? createServer(target) : target) - 1;
  const to = (method) => (path) => supertest(moorUrl)[method](path).set(SERVER, String(number));
  return { get: to("get"), put: to("put") };
}

/** moor/express without the options that it refuses, and with stores that nobody uses. */
function adaptedSession({ store, genid, cookie, ...options } = {}) {
  return moor({ ...options, ...(typeof cookie === "object" && { cookie }) });
}
if (adapted === "true") Object.assign(adaptedSession, { ...require("./upstream.js"), Cookie: moor.Cookie });

const session = adapted === "true" ? adaptedSession : moor;
const replacements = {
  "session.js ../": session,
  "session.js supertest": requestThroughMoor,
  "smart-store.js ../../": session,
  "sync-store.js ../../": session,
  // Only this file tests the cookie. The other tests make cookies of their own by it.
  "cookie.js ../session/cookie": moor.Cookie,
};

const load = Module._load;
Module._load = (name, parent, ...rest) => {
  return replacements[`${basename(parent?.filename ?? "")} ${name}`] ?? load(name, parent, ...rest);
};

exports.mochaHooks = {
  beforeAll: (done) => void origin.listen(Number(port), "127.0.0.1", done),
  afterAll: () => origin.close(),
};
