/** An application that does to its session what the path and query say. */
const express = require("express");
const session = require("moor/express");
const { WebSocketServer } = require("ws");

const app = express();
const parseSession = session();
app.use(parseSession);

/** What is set by a request: its query without what is meant for others. */
function wanted({ query: { to, maxAge, waitMs, save, ...names } }) {
  return names;
}

function tell({ session, sessionID }, response) {
  const { cookie, ...own } = session;
  if (session.id !== sessionID) throw new Error("two ids");
  response.json({ id: sessionID, session: own });
}

app.get("/", tell);
app.get("/set", (request, response) => {
  Object.assign(request.session, wanted(request));
  if (request.query.maxAge) request.session.cookie.maxAge = Number(request.query.maxAge);
  tell(request, response);
});
app.get("/null", (request, response) => {
  for (const name of Object.keys(wanted(request))) request.session[name] = null;
  response.end();
});
app.get("/regenerate", (request, response, next) => {
  request.session.regenerate((error) => {
    if (error) return next(error);
    Object.assign(request.session, wanted(request));
    request.session.save(() => tell(request, response));
  });
});
app.get("/destroy", (request, response, next) => {
  request.session.destroy((error) => (error ? next(error) : response.json({ session: request.session ?? "gone" })));
});
app.get("/reload", (request, response, next) => {
  Object.assign(request.session, wanted(request));
  const reload = () => request.session.reload((error) => (error ? next(error) : tell(request, response)));
  setTimeout(reload, Number(request.query.waitMs ?? 0));
});
app.get("/stream", (request, response, next) => {
  response.write("begun, ");
  Object.assign(request.session, wanted(request));
  if (!("save" in request.query)) return response.end("ended");
  request.session.save((error) => {
    if (error) return next(error);
    response.write("saved, ");
    response.end("ended");
  });
});
app.get("/fill", (request, response) => {
  const fill = () => {
    request.session.filling = "x".repeat(Number(request.query.bytes));
    response.send("filled");
  };
  if ("regenerate" in request.query) return request.session.regenerate(fill);
  fill();
});
app.get("/version", (request, response) => {
  const [, claims] = request.headers["moor-session"].split(".");
  response.json({ version: JSON.parse(Buffer.from(claims, "base64url")).ver });
});
app.use((error, _request, response, next) => {
  if (response.headersSent) return next(error);
  response.status(error.status ?? 500).send(error.message);
});

const server = app.listen(Number(process.env.PORT), "127.0.0.1");

// The upgrade is that of the example of ws, whose response is an empty object.
const sockets = new WebSocketServer({ noServer: true });
server.on("upgrade", (request, socket, head) => {
  parseSession(request, {}, () => sockets.handleUpgrade(request, socket, head, (opened) => serve(opened, request)));
});

function serve(socket, request) {
  socket.on("message", (text) => {
    const { set, call } = JSON.parse(text);
    Object.assign(request.session, set);
    request.session[call]((error) => socket.send(error ? error.message : `${call}: done`));
  });
}
