import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestMoor, type TestMoor, type TestVisitor } from "../../src/sdk/express/testing.ts";
import { session as fastifySession } from "../../src/sdk/fastify/index.ts";
import { session as koaSession, type Session } from "../../src/sdk/koa/index.ts";
import { describeWithTestPackages, requireTestPackage } from "../support/node/test-packages.ts";

type Values = Session & Record<string, unknown>;

/** A request, as each framework has it. */
interface Asked {
  session: Values | Record<string, unknown> | null;
}

/** The work of a request: it changes the session, and returns its body. */
type Work = (asked: Asked) => Promise<unknown> | unknown;

/** An application of one route. Its error handler answers with the error's status and code. */
interface Application {
  readonly listener: RequestListener;
  /** The codes of errors that came too late for an answer. */
  readonly late: string[];
}

const codeOf = (error: unknown) => String((error as { code?: unknown }).code);

async function koa(moor: TestMoor, work: Work): Promise<Application> {
  const late: string[] = [];
  const app = new (requireTestPackage("koa"))();
  app.on("error", (error: unknown) => late.push(codeOf(error)));
  app.use(async (context: { status: number; body: unknown }, next: () => Promise<void>) => {
    await next().catch((error: { status: number }) => {
      context.status = error.status ?? 500;
      context.body = `handled: ${codeOf(error)}`;
    });
  });
  app.use(koaSession(moor.options));
  app.use(async (context: Asked & { body: unknown }) => {
    context.body = await work(context);
  });
  return { listener: app.callback(), late };
}

async function fastify(moor: TestMoor, work: Work): Promise<Application> {
  const late: string[] = [];
  const log = () => {};
  const logger = {
    ...{ fatal: log, warn: log, info: log, debug: log, trace: log, silent: log, level: "error" },
    child: () => logger,
    error: (error: unknown) => void late.push(codeOf(error)),
  };
  const app = requireTestPackage("fastify")({ loggerInstance: logger });
  app.setErrorHandler(
    (error: { status: number }, _request: unknown, reply: { code(status: number): { send(body: string): void } }) =>
      reply.code(error.status ?? 500).send(`handled: ${codeOf(error)}`),
  );
  await app.register(fastifySession, moor.options);
  app.get("/", (request: Asked) => work(request));
  await app.ready();
  return { listener: (request, response) => app.routing(request, response), late };
}

describeWithTestPackages(() =>
  describe.each([
    ["moor/koa", koa],
    ["moor/fastify", fastify],
  ])("%s", (_name, create) => {
    let moor: TestMoor;
    beforeAll(async () => {
      moor = await startTestMoor();
    });
    afterAll(() => moor.stop());

    /** The answer to a request of a visitor. Without a visitor the request has no handoff. */
    async function ask(visitor: TestVisitor | undefined, work: Work) {
      const { listener, late } = await create(moor, work);
      const server = createServer(listener).listen(0, "127.0.0.1");
      await once(server, "listening");
      try {
        const headers = (await visitor?.headers()) ?? {};
        const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, { headers });
        visitor?.receive(response.headers);
        return { status: response.status, text: await response.text(), headers: response.headers, late };
      } finally {
        server.close();
        server.closeAllConnections();
      }
    }

    const tooLarge = "x".repeat(20_000);
    const valuesOf = ({ session }: Asked) => session as Values;

    it("sends the changes of a request, and shows them to the next", async () => {
      const visitor = moor.visitor({ user: "alice" });
      await ask(visitor, (asked) => {
        valuesOf(asked).basket = { tea: 1 };
        return "done";
      });
      expect(visitor.attributes).toMatchObject({ user: "alice", basket: { tea: 1 } });
      const { text } = await ask(visitor, (asked) => JSON.stringify([valuesOf(asked).user, valuesOf(asked).basket]));
      expect(text).toBe('["alice",{"tea":1}]');
    });

    it("has the application's error handler answer for a change that cannot be stored", async () => {
      const visitor = moor.visitor();
      const answer = await ask(visitor, (asked) => {
        valuesOf(asked).notes = tooLarge;
        return "done";
      });
      expect(answer).toMatchObject({ status: 500, text: "handled: change-too-large", late: [] });
      expect([...answer.headers.keys()].filter((name) => name.startsWith("moor-"))).toEqual([]);
      expect(visitor.isNew).toBe(true);
    });

    it("ends the session that is set to null", async () => {
      const visitor = moor.visitor({ user: "alice" });
      const { headers } = await ask(visitor, (asked) => {
        asked.session = null;
        return "done";
      });
      expect(headers.get("moor-end")).toBe("1");
    });

    it("gives promises for a new id and for the stored session", async () => {
      const visitor = moor.visitor({ user: "mallory" });
      const { headers } = await ask(visitor, async (asked) => {
        await valuesOf(asked).reload();
        await valuesOf(asked).regenerate();
        valuesOf(asked).user = "alice";
        await valuesOf(asked).save();
        return "done";
      });
      expect(headers.get("moor-rotate")).toBe("1");
      expect(visitor.attributes).toMatchObject({ user: "alice" });
    });

    it("ends a stream whose late change cannot be stored, and tells the application of the error", async () => {
      const visitor = moor.visitor();
      const answer = await ask(visitor, (asked) =>
        Readable.from(
          (async function* () {
            yield "begun, ";
            valuesOf(asked).late = true;
            yield "ended";
          })(),
        ),
      );
      expect(answer).toMatchObject({ status: 200, text: "begun, ended", late: ["session-not-stored"] });
    });

    it("refuses a handoff that is not Moor's with 403", async () => {
      const headers = { "moor-session": "not.a.jwt" };
      const answer = await ask({ headers: async () => headers, receive() {} } as unknown as TestVisitor, () => "done");
      expect(answer).toMatchObject({ status: 403, text: "handled: handoff-malformed" });
    });

    it("gives a request without a handoff an empty session that cannot be stored", async () => {
      const answer = await ask(undefined, (asked) =>
        valuesOf(asked)
          .save()
          .then(() => "stored", codeOf),
      );
      expect(answer).toMatchObject({ status: 200, text: "handoff-missing" });
    });
  }),
);
