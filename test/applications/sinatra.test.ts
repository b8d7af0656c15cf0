/** @needs ruby-sinatra puma */
import { resolve } from "node:path";
import { describeApplication } from "./harness/application.suite.ts";
import { versionOf } from "./harness/debian.ts";
import { inNotebook } from "./harness/notebook.ts";

describeApplication({
  ...inNotebook,
  id: "sinatra",
  name: "A notebook on Sinatra",
  framework: "Sinatra",
  lines: ['require "moor/session"', "set :session_store, Moor::SessionStore"],
  prepare: async () => ({
    version: await versionOf("ruby-sinatra"),
    command: () => ({
      argv: ["ruby", "-I", resolve("sdk/ruby/lib"), resolve("test/applications/sinatra/server.rb")],
      env: { APP_ENV: "production" },
    }),
  }),
});
