/** A basket behind Moor. Express with moor/express, where express-session and a store of its own would be. */
const express = require("express");
const session = require("moor/express");

const app = express();
// A request without a handoff has not come through Moor. This shop has no page for such a request.
app.use((request, response, next) => (request.get("Moor-Session") ? next() : response.sendStatus(403)));
app.use(session());
app.use(express.urlencoded({ extended: false }));

app.get("/", ({ session }, response) => {
  response.json({ server: "express", user: session.user ?? null, basket: session.basket ?? {} });
});

app.post("/add", ({ session, body }, response) => {
  session.basket ??= {};
  session.basket[body.good] = (session.basket[body.good] ?? 0) + 1;
  response.redirect(303, "/");
});

app.post("/remove", ({ session, body }, response) => {
  delete session.basket?.[body.good];
  response.redirect(303, "/");
});

app.post("/login", (request, response, next) => {
  const { basket } = request.session;
  // A session that was planted by somebody else is left behind.
  request.session.regenerate((error) => {
    if (error) return next(error);
    Object.assign(request.session, { basket, user: request.body.user });
    response.redirect(303, "/");
  });
});

app.post("/logout", (request, response, next) => {
  request.session.destroy((error) => (error ? next(error) : response.redirect(303, "/")));
});

app.listen(Number(process.env.PORT), "127.0.0.1");
