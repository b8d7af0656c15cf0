/** A chat on Socket.IO with moor/express, as docs/guide/socket-io.md has it. */
const { createServer } = require("node:http");
const express = require("express");
const session = require("moor/express");
const { Server } = require("socket.io");

const app = express();
const server = createServer(app);
const io = new Server(server);
const sessions = session();
app.get("/health", (_request, response) => response.json({}));
app.use(sessions);
io.engine.use(sessions);

app.post("/login", (request, response, next) => {
  request.session.regenerate((error) => {
    if (error) return next(error);
    request.session.user = request.query.user;
    response.json({});
  });
});
app.get("/read", ({ session: { cookie, ...attributes } }, response) => response.json(attributes));

io.on("connection", (socket) => {
  const { request } = socket;
  socket.emit("welcome", { user: request.session.user, server: process.env.NAME });
  socket.on("say", (text, done) => {
    // Other requests of the visitor may have changed the session since the socket was opened.
    request.session.reload((error) => {
      if (error) return done({ error: error.message });
      request.session.said = [...(request.session.said ?? []), text];
      request.session.save((fault) => done({ error: fault?.message, said: request.session.said }));
    });
  });
});

server.listen(Number(process.env.PORT), "127.0.0.1");
