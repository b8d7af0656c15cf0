/** A notebook in Express, as its guide has it: a login, a form with a token against forgery, and redirects. */
const { randomBytes } = require("node:crypto");
const express = require("express");

const app = express();
app.get("/health", (_request, response) => response.json({}));
// THE LINES OF THE GUIDE
app.use(express.urlencoded({ extended: false }));

const escaped = (text) => String(text).replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
const page = (...parts) => `<!doctype html><title>Notes</title>${parts.join("")}`;

/** The address as Express knows it: behind Moor it must be the public address. */
const addressOf = (request, path) => `${request.protocol}://${request.host}${path}`;

app.get("/login", (_request, response) => {
  response.send(page('<form method="post"><input name="user"></form>'));
});

app.post("/login", (request, response, next) => {
  request.session.regenerate((error) => {
    if (error) return next(error);
    request.session.user = request.body.user;
    request.session.csrf = randomBytes(16).toString("hex");
    response.redirect(addressOf(request, "/notes"));
  });
});

app.get("/notes", ({ session: { user, csrf, notes = [] } }, response) => {
  if (user === undefined) return response.redirect("/login");
  const form = `<form method="post"><input type="hidden" name="csrf" value="${csrf}"><input name="note"></form>`;
  response.send(page(`<h1>Notes of ${escaped(user)}</h1>`, form, ...notes.map((note) => `<p>${escaped(note)}</p>`)));
});

app.post("/notes", ({ session, body }, response) => {
  if (session.csrf === undefined || body.csrf !== session.csrf) return response.status(403).send("Forbidden");
  session.notes = [...(session.notes ?? []), body.note];
  response.redirect("/notes");
});

app.post("/logout", (request, response, next) => {
  request.session.destroy((error) => (error ? next(error) : response.redirect("/login")));
});

app.listen(Number(process.env.PORT), "127.0.0.1");
