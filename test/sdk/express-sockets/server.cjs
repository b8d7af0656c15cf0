/** An application whose sockets change the session of their visitor: with ws in the way of its example, and with Socket.IO. */
const { createServer } = require("node:http");
const express = require("express");
const session = require("moor/express");
const { Server } = require("socket.io");
const { WebSocketServer } = require("ws");

const parseSession = session();
const app = express();
app.get("/health", (_request, response) => response.json({}));
app.use(parseSession);
app.get("/login", (request, response) => {
  request.session.user = request.query.user;
  response.send('<script src="/socket.io/socket.io.js"></script>');
});
// A reload asks Moor, so the answer does not come from the memory of this process.
app.get("/stored", (request, response) => {
  request.session.reload((error) => {
    const { user, said } = request.session;
    response.json(error ? { error: error.message } : { user, said });
  });
});
const server = createServer(app);

const sockets = new WebSocketServer({ noServer: true });
server.on("upgrade", (request, socket, head) => {
  if (request.url !== "/ws") return;
  parseSession(request, {}, () => {
    sockets.handleUpgrade(request, socket, head, (opened) => {
      opened.on("message", (text) => act(request.session, JSON.parse(text), (answer) => opened.send(answer)));
    });
  });
});

const io = new Server(server, { transports: ["websocket"] });
io.engine.use(parseSession);
io.on("connection", (socket) => {
  socket.on("act", (message, answer) => act(socket.request.session, message, answer));
});

function act(session, { said, call }, answer) {
  if (said !== undefined) session.said = said;
  session[call]((error) => answer(error ? error.message : `${call}: done`));
}

server.listen(Number(process.env.PORT), "127.0.0.1");
