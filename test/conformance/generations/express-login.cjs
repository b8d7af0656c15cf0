/** An application that logs in as express-session's users do. It is asked, and answers, as `origin-server.ts` does. */
const express = require("express");
const session = require("moor/express");

const app = express();
app.use(session());
app.use((request, response, next) => {
  const { cookie, ...data } = request.session;
  const { login, set = [], hold, late } = request.query;
  const patch = Object.fromEntries([set].flat().map((pair) => pair.split(":")));
  response.set("Location", "/next");
  const answer = () => response.json({ session: { data } });
  if (login === undefined) {
    Object.assign(request.session, patch);
    return answer();
  }
  request.session.regenerate(async (error) => {
    if (error) return next(error);
    Object.assign(request.session, patch, { user: login });
    if (hold !== undefined) await fetch(hold, { method: "POST" });
    if (late === undefined) return answer();
    response.write("begun ");
    request.session.late = late;
    response.end("done");
  });
});
app.use((error, _request, response, _next) => response.end(error.code));

app.listen(Number(process.env.PORT), "127.0.0.1");
