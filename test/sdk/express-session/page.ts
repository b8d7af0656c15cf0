/** A test of express-session, as Mocha reports it. */
export interface Outcome {
  /** The titles of its groups and its own title. */
  readonly test: string;
  /** Whether it passes as it is. */
  readonly passed: boolean;
  /** Whether it passes without the options and helpers that are express-session's alone. */
  readonly passedAdapted: boolean;
}

/** Why tests do not pass, even without these options and helpers. */
const REASONS: Readonly<Record<string, readonly string[]>> = {
  "They read, change or empty the store of express-session. Moor keeps the sessions, and an application has no store": [
    "session() should create a new session",
    "session() should create multiple sessions",
    "session() should handle reserved properties in storage",
    "session() when response ended should have saved session with updated cookie expiration",
    "session() when sid not in store should create a new session",
    "session() when sid not in store should have a new sid",
    "session() when session without cookie property in store should pass error from inflate",
    "session() unset option should default to keep",
    "session() unset option should allow destroy on req.session = null",
    "session() req.session should persist",
    "session() req.session .reload() should error is session missing",
    "session() req.session .save() should save session to store",
    "session() req.session .touch() should reset session expiration",
  ],
  "They make the store fail or disconnect": [
    "session() should pass session fetch error",
    "session() should treat ENOENT session fetch error as not found",
    "session() resave option when false should pass session touch error",
    "session() saveUninitialized option should pass session save error",
    "session() unset option should pass session destroy error",
    "session() req.session should not be set if store is disconnected",
    "session() req.session should be set when store reconnects",
  ],
  "They set options that `moor/express` accepts without effect, because Moor has its own keys: `secret`": [
    "session() should error without secret",
    "session() secret option should reject empty arrays",
    "session() secret option when an array should sign cookies with first element",
  ],
  "They set options that `moor/express` refuses, with another text: `genid`, and `cookie` as a function": [
    "session() genid option should reject non-function values",
    'session() cookie option when "cookie" is a function should call custom function and apply cookie options',
    'session() cookie option when "cookie" is a function should provide req argument',
  ],
  "They set flags of the cookie, or read them. The cookie is Moor's, and its flags are set in Moor's configuration": [
    'new Cookie() with options should ignore "data" option',
    "new Cookie() with options httpOnly should set httpOnly",
    "new Cookie() with options partitioned should set partitioned",
    "new Cookie() with options path should set path",
    "new Cookie() with options priority should set priority",
    "session() should update cookie expiration when slow write",
  ],
  "It sets an expiry that is no date, and expects an error after the response. `moor/express` throws a TypeError at the start":
    ["session() req.session .cookie .* should forward errors setting cookie"],
  "It sends a URL as `Host`. Moor answers that request by itself": [
    'session() cookie option when "path" set to "/foo/bar" should not set cookie for "http://foo/bar" request',
  ],
  "It connects to the application by TLS. Behind Moor, clients connect to Moor": [
    "session() req.session .cookie .secure should set cookie when secure",
  ],
};
const WITH_REASON = new Set(Object.values(REASONS).flat());

/** The tests that fail without a reason, pass in spite of a reason, or have a reason and did not run. */
export function unexplained(outcomes: readonly Outcome[]): string[] {
  const wrong = outcomes.filter(({ test, passedAdapted }) => passedAdapted === WITH_REASON.has(test));
  const missing = [...WITH_REASON].filter((title) => !outcomes.some(({ test }) => test === title));
  return [...wrong.map(({ test }) => test), ...missing];
}

/** The page with the results. */
export function page(tag: string, outcomes: readonly Outcome[]): string {
  const row = (cells: readonly (string | number)[]) => `| ${cells.join(" | ")} |`;
  const counts = (of: readonly Outcome[]) => {
    return [
      of.length,
      of.filter(({ passed }) => passed).length,
      of.filter(({ passedAdapted }) => passedAdapted).length,
    ];
  };
  const of = (group: string) => counts(outcomes.filter(({ test }) => test.startsWith(group)));
  const lines = [
    "# express-session's own tests",
    "",
    `\`node test/sdk/express-session.ts CHECKOUT ${tag}\` runs the tests of express-session against [moor/express](../guide/express.md), and`,
    "writes this page. The tests come from a clone of expressjs/session, which is not in this repository. Each request of a test goes through a",
    "local Moor to the server of that test.",
    "",
    row(["tests", "number", "pass as they are", "pass without the parts of express-session alone"]),
    row(["---", "---", "---", "---"]),
    row(["`test/cookie.js`", ...of("new Cookie()")]),
    row(["`test/session.js`", ...of("session()")]),
    row(["all", ...counts(outcomes)]),
    "",
    "Most of the tests that do not pass as they are give `session()` a store, check the cookie that express-session sets, or count the calls of",
    "the store. In a second run, `moor/express` does not get the options `store`, `genid` and `cookie` as a function. The helpers that check",
    "cookies and count calls check nothing. So a test of the cookie alone shows little there: it shows that the request succeeds.",
    "",
    "The remaining tests fail for these reasons:",
    "",
    row(["reason", "tests"]),
    row(["---", "---"]),
    ...Object.entries(REASONS).map(([reason, tests]) => row([reason, tests.join("; ").replaceAll("*", "\\*")])),
  ];
  return `${lines.join("\n")}\n`;
}
