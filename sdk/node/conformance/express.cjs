/** The conformance application (docs/reference/drop-in.md) on Express with moor/express. */
const { isDeepStrictEqual } = require("node:util");
const express = require("express");
const session = require("moor/express");

const app = express();
app.get(["/health", "/plain"], (_request, response) => response.json({}));
app.use(session());
app.use(express.json({ strict: false, limit: "1mb" }));

app.get("/read", ({ session }, response) => {
  const { cookie, ...attributes } = session;
  response.json({ attributes, new: Object.keys(attributes).length === 0 });
});

app.get("/pid", (_request, response) => response.json({ pid: process.pid, name: process.env.NAME }));

app.post("/set", ({ session, query, body }, response) => {
  session[query.k] = body;
  response.json({});
});

app.post("/delete", ({ session, query }, response) => {
  delete session[query.k];
  response.json({});
});

app.post("/incr", ({ session, query }, response) => {
  session[query.k] = (session[query.k] ?? 0) + 1;
  response.json({ value: session[query.k] });
});

/** Gives the request an empty session with an id of its own, and sets these values in it. */
const regenerate = (valuesOf) => (request, response, next) => {
  const values = valuesOf(request);
  request.session.regenerate((error) => {
    if (error) return next(error);
    Object.assign(request.session, values);
    response.json({});
  });
};

app.post(
  "/regenerate",
  regenerate(({ session: { cookie, ...values } }) => values),
);
app.post(
  "/login",
  regenerate(({ query }) => ({ user: query.user })),
);
app.post(
  "/clear-and-set",
  regenerate(({ query }) => ({ [query.k]: true })),
);

app.post("/logout", ({ session }, response, next) => {
  session.destroy((error) => (error ? next(error) : response.json({})));
});

app.post("/late", ({ session, query }, response) => {
  response.type("json").write("{");
  session[query.k] = true;
  response.end("}");
});

app.post("/large", ({ session, query }, response) => {
  session[query.k] = "x".repeat(Number(query.bytes));
  response.json({});
});

const natives = {
  date: () => new Date(0),
  bytes: () => Buffer.from([0, 0xff, 0xfe, 0x80]),
  object: () => new Map([["a", 1]]),
};

app.post("/native", ({ session, query }, response) => {
  session.native = natives[query.kind]();
  response.json({});
});

app.get("/native", ({ session, query }, response) => {
  response.json({ equal: isDeepStrictEqual(session.native, natives[query.kind]()) });
});

app.post("/flash", ({ session, query }, response) => {
  session.flash = query.m;
  response.json({});
});

app.get("/flash", ({ session }, response) => {
  const { flash = null } = session;
  delete session.flash;
  response.json({ flash });
});

app.use((error, _request, response, next) => {
  if (response.headersSent) return next(error);
  response.status(error.status ?? 500).send(error.message);
});

app.listen(Number(process.env.PORT), "127.0.0.1");
