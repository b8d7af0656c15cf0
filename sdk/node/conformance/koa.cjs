/** The conformance application (docs/reference/drop-in.md) on Koa with moor/koa. */
const { Readable } = require("node:stream");
const { json } = require("node:stream/consumers");
const Router = require("@koa/router").default;
const Koa = require("koa");
const session = require("moor/koa");
const { lateBody, operations } = require("./operations.cjs");

const app = new Koa();
app.use(async (context, next) => {
  try {
    await next();
  } catch (error) {
    context.status = error.status ?? 500;
    context.body = error.message;
  }
});

const plain = new Router();
plain.get(["/health", "/plain"], (context) => {
  context.body = {};
});
app.use(plain.routes());
app.use(session());

const router = new Router();
for (const [route, operation] of Object.entries(operations)) {
  const [method, path] = route.split(" ");
  router[method.toLowerCase()](path, async (context) => {
    if (context.request.type === "application/json" && context.request.length) context.body = await json(context.req);
    const request = {
      get session() {
        return context.session;
      },
      query: context.query,
      body: context.body,
    };
    context.body = await operation(request);
  });
}
router.post("/late", (context) => {
  context.type = "json";
  context.body = Readable.from(lateBody(context));
});
app.use(router.routes());
app.listen(Number(process.env.PORT), "127.0.0.1");
