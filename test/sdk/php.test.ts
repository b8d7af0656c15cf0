/** @needs php-cli */
import { resolve } from "node:path";
import { describeDropIn } from "./conformance.suite.ts";

describeDropIn({
  name: "PHP",
  command: (out, port) => ({
    argv: [
      "php",
      ...["-d", `auto_prepend_file=${resolve("sdk/php/moor-session.php")}`],
      // As in the php.ini of a distribution: pages up to this size are whole before their headers leave.
      ...["-d", "output_buffering=4096"],
      ...["-S", `127.0.0.1:${port}`, "-t", resolve("sdk/php/conformance")],
    ],
    // The built-in server answers one request at a time without it.
    env: { PHP_CLI_SERVER_WORKERS: "4", TMPDIR: out },
  }),
});
