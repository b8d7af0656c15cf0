import { Hono } from "hono";
import { describe, expectTypeOf, it } from "vitest";
import { type EdgeSession, type MoorEnv, moor, type PatchOf } from "../../src/hono/index.ts";

interface Shop {
  basket?: Record<string, number>;
  address: { street: string; floor?: number };
  list?: string[];
}
const session = {} as EdgeSession<Shop>;

describe("typed attributes", () => {
  it("are what is read, if it is there", () => {
    expectTypeOf(session.get<"basket">).returns.toEqualTypeOf<Record<string, number> | undefined>();
    expectTypeOf(session.get<"address">).returns.toEqualTypeOf<{ street: string; floor?: number } | undefined>();
    expectTypeOf(session.attributes).toEqualTypeOf<Partial<Shop>>();
  });

  it("may be removed by a patch, member by member", () => {
    expectTypeOf<{ address: { floor: null }; basket: null }>().toExtend<PatchOf<Shop>>();
  });

  it("are any JSON unless something is said", () => {
    const untyped = {} as EdgeSession;
    expectTypeOf(untyped.get<string>)
      .parameter(0)
      .toEqualTypeOf<string>();
    expectTypeOf(untyped.set<string>)
      .parameter(1)
      .not.toExtend<null>();
  });

  it("refuse what is not theirs, when they are compiled", () => {
    const compiled = () => {
      new Hono<MoorEnv<Shop>>()
        .use(moor({}))
        .get("/", ({ text, var: { session } }) => text(String(session.get("list")?.[0])));
      // The types that the middleware was given reach the handlers behind it.
      const app = new Hono<{ Bindings: { KEY: string }; Variables: { other: number } }>().use(moor<Shop>());
      app.get("/", (c) => {
        expectTypeOf(c.var.session).toEqualTypeOf<EdgeSession<Shop>>();
        expectTypeOf(c.var.other).toEqualTypeOf<number>();
        expectTypeOf(c.env.KEY).toEqualTypeOf<string>();
        return c.text("");
      });

      session.set("address", { street: "a" });
      session.patch({ address: { floor: null }, basket: null, list: ["a"] });
      // @ts-expect-error: there is no such name
      session.get("adress");
      // @ts-expect-error: nor to set
      session.set("adress", { street: "a" });
      // @ts-expect-error: another type
      session.set("basket", { apples: "one" });
      // @ts-expect-error: null is no value of an attribute
      session.set("basket", null);
      // @ts-expect-error: nor is undefined
      session.set("basket", undefined);
      // @ts-expect-error: another type, below
      session.patch({ address: { floor: "first" } });
      // @ts-expect-error: arrays are replaced whole
      session.patch({ list: [null] });
      // @ts-expect-error: there is no such name
      session.delete("adress");
      // @ts-expect-error: a Worker without origins has no pools
      moor({ pools: [] });
      // @ts-expect-error: stores are the same on all paths
      moor().with({ stores: {} });
    };
    expectTypeOf(compiled).toBeFunction();
  });
});
