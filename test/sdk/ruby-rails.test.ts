/** @needs ruby-railties puma */
import { resolve } from "node:path";
import { describeDropIn } from "./conformance.suite.ts";

describeDropIn({
  name: "Rails",
  command: () => ({
    argv: ["ruby", "-I", resolve("sdk/ruby/lib"), resolve("sdk/ruby/conformance/rails_app.rb")],
    env: { APP_ENV: "production", RAILS_ENV: "production" },
  }),
  without: { "null-value": "Rack removes a value that is nil" },
});
