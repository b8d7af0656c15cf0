/** The requests of the conformance application (docs/reference/drop-in.md), for frameworks with `async` handlers. */
const { isDeepStrictEqual } = require("node:util");

const natives = {
  date: () => new Date(0),
  bytes: () => Buffer.from([0, 0xff, 0xfe, 0x80]),
  object: () => new Map([["a", 1]]),
};

/** The values of a session, without its cookie. */
const valuesOf = ({ cookie, ...values }) => values;

/** Gives the request an empty session with an id of its own, and sets these values in it. */
async function startOver(request, values) {
  await request.session.regenerate();
  Object.assign(request.session, values);
}

/** By method and path: takes a request with `session`, `query` and `body`, and returns the JSON of the answer. */
exports.operations = {
  "GET /pid": () => ({ pid: process.pid, name: process.env.NAME }),
  "GET /read"({ session }) {
    const attributes = valuesOf(session);
    return { attributes, new: Object.keys(attributes).length === 0 };
  },
  "POST /set"({ session, query, body }) {
    session[query.k] = body;
    return {};
  },
  "POST /delete"({ session, query }) {
    delete session[query.k];
    return {};
  },
  "POST /incr"({ session, query }) {
    session[query.k] = (session[query.k] ?? 0) + 1;
    return { value: session[query.k] };
  },
  async "POST /regenerate"(request) {
    await startOver(request, valuesOf(request.session));
    return {};
  },
  async "POST /login"(request) {
    await startOver(request, { user: request.query.user });
    return {};
  },
  async "POST /clear-and-set"(request) {
    await startOver(request, { [request.query.k]: true });
    return {};
  },
  async "POST /logout"({ session }) {
    await session.destroy();
    return {};
  },
  "POST /large"({ session, query }) {
    session[query.k] = "x".repeat(Number(query.bytes));
    return {};
  },
  "POST /native"({ session, query }) {
    session.native = natives[query.kind]();
    return {};
  },
  "GET /native": ({ session, query }) => ({ equal: isDeepStrictEqual(session.native, natives[query.kind]()) }),
  "POST /flash"({ session, query }) {
    session.flash = query.m;
    return {};
  },
  "GET /flash"({ session }) {
    const { flash = null } = session;
    delete session.flash;
    return { flash };
  },
};

/** A body in two parts. The session changes when the first part, and so the headers, have been sent. */
exports.lateBody = async function* lateBody({ session, query }) {
  yield "{";
  session[query.k] = true;
  yield "}";
};
