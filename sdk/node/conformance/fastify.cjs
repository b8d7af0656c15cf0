/** The conformance application (docs/reference/drop-in.md) on Fastify with moor/fastify. */
const { Readable } = require("node:stream");
const session = require("moor/fastify");
const { lateBody, operations } = require("./operations.cjs");

const app = require("fastify")();
app.setErrorHandler((error, _request, reply) => reply.code(error.status ?? 500).send(error.message));
// Some requests of the suite have the type of JSON and no body.
app.addContentTypeParser("application/json", { parseAs: "string" }, async (_request, body) =>
  body === "" ? undefined : JSON.parse(body),
);
for (const path of ["/health", "/plain"]) app.get(path, () => ({}));
app.register(async (app) => {
  await app.register(session);
  for (const [route, operation] of Object.entries(operations)) {
    const [method, url] = route.split(" ");
    app.route({ method, url, handler: operation });
  }
  app.post("/late", (request, reply) => reply.type("application/json").send(Readable.from(lateBody(request))));
});
app.listen({ port: Number(process.env.PORT), host: "127.0.0.1" });
