/** @needs php-cli php-symfony-http-foundation */
import { resolve } from "node:path";
import { describeDropIn } from "./conformance.suite.ts";

describeDropIn({
  name: "Symfony",
  command: (out, port) => ({
    argv: ["php", "-d", "output_buffering=4096", "-S", `127.0.0.1:${port}`, resolve("sdk/php/conformance/symfony.php")],
    env: { PHP_CLI_SERVER_WORKERS: "4", TMPDIR: out },
  }),
  without: {
    unchanged: "Symfony adds the time of the visit to a session that another program has made",
  },
});
