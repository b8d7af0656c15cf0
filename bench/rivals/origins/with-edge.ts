import { type Items, serveShop } from "./shop.ts";

/** The shop behind a Worker that keeps the sessions itself and tells of them in a header. */
serveShop((request, _response, next) => {
  const items = JSON.parse(request.get("X-Session") ?? "{}") as Items;
  Object.assign(request, { session: { items } });
  next();
});
