import { answerTo, type Call } from "./call.ts";

/** Answers calls of fallbacks, so that a test can make them inside workerd. */
export default {
  async fetch(request: Request): Promise<Response> {
    if (request.method === "GET") return new Response("ready");
    return Response.json(await answerTo((await request.json()) as Call));
  },
};
