/** @needs ruby-sinatra puma */
import { resolve } from "node:path";
import { describeApplication } from "./harness/application.suite.ts";
import { versionOf } from "./harness/debian.ts";
import { linesIn } from "./harness/guide.ts";
import { inNotebook } from "./harness/notebook.ts";

const SERVER = "test/applications/sinatra/server.rb";

describeApplication({
  ...inNotebook,
  id: "sinatra",
  name: "A notebook on Sinatra",
  framework: "Sinatra",
  lines: linesIn(SERVER, "rails", "server.rb"),
  prepare: async () => ({
    version: await versionOf("ruby-sinatra"),
    command: () => ({
      argv: ["ruby", "-I", resolve("sdk/ruby/lib"), resolve(SERVER)],
      env: { APP_ENV: "production" },
    }),
  }),
});
