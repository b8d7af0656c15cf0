/** A test of Spring Session, as Maven reports it. */
export interface Outcome {
  readonly suite: string;
  readonly test: string;
  /** Whether it passes as it is. */
  readonly passed: boolean;
  /** Whether it passes if each new session has an attribute. */
  readonly passedFilled: boolean;
}

const ANSWERED =
  "They change the id after the session was saved. The headers of that response have left, and a later response has its own";
const INTERVAL = "The application sets when a session times out. Moor's configuration decides that";
const USE = "They set the time of the last use. Moor notes the use by itself, and shows the time of the request";
const REFUSED =
  "They save a copy of a session that has ended or has got another id, and expect an exception. Moor refuses such a response after the repository has done its work";
const UNSERIALIZABLE =
  "They put an object into the session that is not serializable. Only a repository in memory can keep it";

/** Why tests do not pass, even if each new session has an attribute. */
const REASONS: Readonly<Record<string, string>> = {
  changeSessionIdWhenSaved: ANSWERED,
  createSessionCustomDefaultExpiration: INTERVAL,
  doFilterMaxInactiveIntervalOverride: INTERVAL,
  getSessionExpired: USE,
  save_ConcurrentUpdates_ShouldSaveSession: USE,
  save_LastAccessedTimeInPast_ShouldExpireSession: USE,
  save_ChangeSessionIdConcurrent_ShouldThrowException: REFUSED,
  save_ChangeSessionIdOnDeletedSession_ShouldThrowException: REFUSED,
  save_DeletedSession_ShouldThrowException: REFUSED,
  bindingListenerBindListener: UNSERIALIZABLE,
  bindingListenerBindListenerOverwrite: UNSERIALIZABLE,
  bindingListenerBindListenerThenUnbind: UNSERIALIZABLE,
  bindingListenerBindListenerThenUnbindThrowsException: UNSERIALIZABLE,
  bindingListenerBindSameListenerTwice: UNSERIALIZABLE,
  bindingListenerBindThrowsException: UNSERIALIZABLE,
};

/** The tests that fail without a reason, or pass in spite of one. */
export function unexplained(outcomes: readonly Outcome[]): string[] {
  return outcomes.filter(({ test, passedFilled }) => passedFilled === test in REASONS).map(({ test }) => test);
}

/** The page with the results. */
export function page(tag: string, outcomes: readonly Outcome[]): string {
  const row = (cells: readonly (string | number)[]) => `| ${cells.join(" | ")} |`;
  const suites = [...new Set(outcomes.map(({ suite }) => suite))].sort();
  const counts = (of: readonly Outcome[]) => {
    return [of.length, of.filter(({ passed }) => passed).length, of.filter(({ passedFilled }) => passedFilled).length];
  };
  const reasons = [...new Set(Object.values(REASONS))];
  const testsOf = (reason: string) => Object.keys(REASONS).filter((test) => REASONS[test] === reason);
  const lines = [
    "# Spring Session's own tests",
    "",
    `Spring Session tests its own repositories by these suites. \`node test/sdk/spring-session.ts CHECKOUT ${tag}\` runs them against`,
    "[Moor's repository](../spring), on the fake Moor of the test kit, and writes this page. The tests come from a clone of",
    "spring-projects/spring-session, which is not in this repository, and run unchanged. The classes in this folder take the places of the",
    "repositories that they ask for.",
    "",
    row(["suite", "tests", "pass", "pass if each new session has an attribute"]),
    row(["---", "---", "---", "---"]),
    ...suites.map((suite) => row([suite, ...counts(outcomes.filter((each) => each.suite === suite))])),
    row(["all", ...counts(outcomes)]),
    "",
    "Most of the tests that fail ask for a session, put nothing into it, and want it back. A drop-in stores no session without attributes. So the",
    "last column is of a second run, in which each new session has an attribute. The remaining tests fail for these reasons:",
    "",
    row(["reason", "tests"]),
    row(["---", "---"]),
    ...reasons.map((reason) => row([reason, testsOf(reason).join(", ")])),
  ];
  return `${lines.join("\n")}\n`;
}
