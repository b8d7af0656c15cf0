import { sessionOf } from "moor/next";
import { NextResponse } from "next/server";

/** Only visitors who are logged in see the private page. It counts their visits. */
export async function proxy(request) {
  const session = await sessionOf(request);
  if (session.principal === undefined) return NextResponse.redirect(new URL("/login", request.url));
  session.set("visits", (session.attributes.visits ?? 0) + 1);
  const response = NextResponse.next();
  session.apply(response);
  return response;
}

export const config = { matcher: "/private" };
