import express, { type RequestHandler } from "express";

/** The session of a request, whichever middleware put it there. */
interface WithSession {
  readonly session: { visits?: number };
}

/** Serves two pages on the sessions of this middleware. */
export function servePages(session: RequestHandler): void {
  const app = express();
  app.get("/health", (_request, response) => void response.json({}));
  app.use(session);
  app.get("/read", (request, response) => {
    response.json({ visits: (request as unknown as WithSession).session.visits ?? 0 });
  });
  app.post("/incr", (request, response) => {
    const { session } = request as unknown as WithSession;
    session.visits = (session.visits ?? 0) + 1;
    response.json({ visits: session.visits });
  });
  app.listen(Number(process.env.PORT), "127.0.0.1");
}
