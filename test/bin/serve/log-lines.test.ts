/** @quick */
import { expect, it } from "vitest";
import { lineOf } from "../../../bin/serve/log-lines.ts";

const TIME = "2026-12-01T09:00:00.000Z";
const timestamp = String(Date.parse(TIME));

it("passes on an entry of Moor with its time", () => {
  const message = JSON.stringify({ event: "request_refused", code: "bad_request" });
  const line = lineOf(JSON.stringify({ timestamp, level: "warn", message }));
  expect(JSON.parse(line)).toEqual({ time: TIME, event: "request_refused", code: "bad_request" });
});

it("makes an entry of everything else that workerd says, so each line is JSON", () => {
  const line = lineOf(JSON.stringify({ timestamp, level: "error", message: "connect() failed", source: "a.c++:1" }));
  expect(JSON.parse(line)).toEqual({ time: TIME, event: "runtime", level: "error", message: "connect() failed" });
  expect(JSON.parse(lineOf("*** Fatal"))).toMatchObject({ event: "runtime", message: "*** Fatal" });
});
