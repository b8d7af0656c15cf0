/** @needs php-cli php-laravel-framework */
import { resolve } from "node:path";
import { describeDropIn } from "./conformance.suite.ts";

const stores = "Laravel stores a token and the last address with every page";

describeDropIn({
  name: "Laravel",
  command: (out, port) => ({
    argv: ["php", "-d", "output_buffering=4096", "-S", `127.0.0.1:${port}`, resolve("sdk/php/conformance/laravel.php")],
    env: { PHP_CLI_SERVER_WORKERS: "4", TMPDIR: out },
  }),
  without: {
    names: "Laravel reads a dot in a name as a path",
    unchanged: stores,
    unstored: stores,
  },
});
