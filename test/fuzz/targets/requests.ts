import fc from "fast-check";
import { forgedProof, forgedToken, GENUINE, headerText, PROOF } from "../forged.ts";
import { moorInFront, NO_AUTHORITY } from "../moor.ts";
import { demand, type Target } from "../target.ts";

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

const OWN_NAMES = ["__Host-moor", "__Host-moor-gen", "__Host-moor-mark-xx", "moor", "moor-gen", "moor-mark-xx"];
const LOOK_ALIKES = ["__host-moor", "__Secure-moor", "__HOST-MOOR", "moor ", "\u00a0__Host-moor", "moorish", ""];

const cookie = fc
  .tuple(
    fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...OWN_NAMES) },
      { weight: 1, arbitrary: fc.constantFrom(...LOOK_ALIKES) },
    ),
    fc.constantFrom("=", "=", "=", " = ", "==", ""),
    fc.oneof(
      { weight: 4, arbitrary: forgedToken },
      { weight: 1, arbitrary: forgedProof.filter((proof) => proof !== GENUINE) },
      { weight: 1, arbitrary: headerText(40) },
    ),
  )
  .map((parts) => parts.join(""));
const cookies = fc
  .tuple(fc.array(cookie, { minLength: 1, maxLength: 6 }), fc.constantFrom("; ", ";", ", ", " ;  ", ";;"))
  .map(([pairs, separator]) => pairs.join(separator));

const spoofed = fc.constantFrom(
  ...["Moor-Session", "Moor-Explain", "Moor_Session", "moor.session", "MOOR-PATCH", "moor-principal", "Moor-Rotate"],
  ...["X-Forwarded-For", "X-Forwarded-Host", "x_forwarded_proto", "Forwarded", "X-Real-IP", "True-Client-IP"],
);
const other = fc.constantFrom(
  "Connection",
  "Upgrade",
  "TE",
  "Accept",
  "Origin",
  "Sec-Fetch-Site",
  "Sec-Fetch-Mode",
  "Range",
);
const nominating = fc.constantFrom("Moor-Session", "Cookie, moor-session", "X-Forwarded-For", "close", "Host");
/** A token, a proof and a mark in a single text, as carriers without cookies send them. */
const forgedHeld = fc
  .tuple(forgedToken, fc.constantFrom(PROOF, "", "x"), fc.constantFrom("1", "99999999999999", "", "-1"))
  .map((parts) => parts.join("."));
const header: fc.Arbitrary<readonly [string, string]> = fc.oneof(
  fc.tuple(fc.constant("Cookie"), cookies),
  fc.tuple(
    fc.constant("Authorization"),
    fc.oneof(
      fc.oneof(forgedToken, forgedHeld).map((text) => `Bearer ${text}`),
      headerText(60),
    ),
  ),
  fc.tuple(fc.constant("X-Session"), fc.oneof(forgedToken, forgedHeld, headerText(60))),
  fc.tuple(spoofed, fc.oneof(headerText(80), forgedToken)),
  fc.tuple(other, fc.oneof(headerText(40), nominating)),
);
const segment = fc.constantFrom(
  "",
  ".",
  "..",
  "%2e%2e",
  "%2F",
  "%5c",
  "assets",
  "ASSETS",
  ".moor",
  "%2emoor",
  "session",
  "a;b",
  "%00",
  "é",
);

/** The parameter that the URL carrier reads, among other parameters. */
const query = fc
  .tuple(
    fc.constantFrom("moor", "MOOR", "a", "moor[]"),
    fc.oneof(forgedToken, forgedHeld),
    fc.constantFrom("", "&moor=x", "&a=1"),
  )
  .map(([name, value, more]) => `?${name}=${encodeURIComponent(value)}${more}`);

/** Whole requests of strangers. */
export const requests: Target<Asked> = {
  name: "requests",
  about: "requests with forged cookies and spoofed headers: served as a stranger's, without a store being asked",
  cases: fc.record({
    method: fc.constantFrom("GET", "GET", "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"),
    path: fc
      .tuple(fc.array(segment, { maxLength: 6 }), fc.option(query, { nil: "" }))
      .map(([segments, asked]) => `/${segments.join("/")}${asked}`),
    headers: fc.array(header, { minLength: 1, maxLength: 6 }),
  }),
  async start() {
    const moor = await moorInFront(NO_AUTHORITY);
    return async ({ method, path, headers }) => {
      const request = new Request(`https://shop.test${path}`, { method, headers: headersOf(headers) });
      let sent: Headers | undefined;
      const { response, stores, log } = await moor.ask(request, (to, init) => {
        demand(!to.searchParams.has("moor"), "what the URL carries was sent");
        sent = init.headers;
        return new Response("ok");
      });
      demand(stores.length === 0, `stores were asked: ${stores.join(", ")}`);
      demand(response.status < 500, `answered with ${response.status}`);
      // A request leaves at most one line for its tokens, and another line if it is refused itself.
      const told = log.map(({ event }) => event).filter((event) => event !== "token_refused");
      demand(log.length - told.length <= 1, "logged more than one refused token");
      const isRefused = response.status < 500 && response.status >= 400;
      demand(told.length === 0 || (told.join() === "request_refused" && isRefused), `logged ${told.join(", ")}`);
      if (!sent) return `answered with ${response.status}`;
      check(sent, path);
      return "passed on";
    };
  },
};

/** Checks the request that an origin is sent for a stranger. */
function check(sent: Headers, path: string): void {
  const names = [...sent.keys()].filter((name) => /^moor[^a-z0-9]/.test(name));
  const isIgnored = !sent.has("Moor-Session");
  demand(isIgnored ? names.length === 0 : names.join() === "moor-session", `sent ${names.join(", ")}`);
  if (isIgnored) demand(/assets/.test(path), "no handoff was sent on a session's route");
  else {
    const claims = JSON.parse(Buffer.from(sent.get("Moor-Session")?.split(".")[1] ?? "", "base64url").toString());
    demand(claims.sid === undefined && claims.sub === undefined, "the handoff names a session");
  }
  demand(sent.get("X-Forwarded-Host") === "shop.test", "X-Forwarded-Host is the client's");
  demand(sent.get("X-Forwarded-Proto") === "https", "X-Forwarded-Proto is the client's");
  // No address is known here, so Moor's own element has none.
  demand(sent.get("Forwarded") === `for=unknown;host="shop.test";proto=https`, "Forwarded is the client's");
  for (const name of ["X-Forwarded-For", "X-Real-IP", "True-Client-IP", "X_Forwarded_Proto"]) {
    demand(!sent.has(name), `the client's ${name} was sent`);
  }
  demand(!sent.has("X-Session"), "a header that carries a token was sent");
  const pairs = (sent.get("Cookie") ?? "").split(/[;,]/).filter((pair) => pair.includes("="));
  const sentNames = pairs.map((pair) => pair.split("=")[0]?.replace(/^[ \t]+|[ \t]+$/g, "") ?? "");
  demand(!sentNames.some((name) => OWN_NAMES.includes(name)), "a cookie of Moor's was sent");
}

/** Headers as they arrive. Bytes that a header cannot contain never arrive. */
function headersOf(entries: Asked["headers"]): Headers {
  const headers = new Headers();
  for (const [name, value] of entries) headers.append(name, value);
  return headers;
}
