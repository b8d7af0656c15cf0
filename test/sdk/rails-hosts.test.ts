/** @needs ruby-railties puma */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ofTest, snippetOf } from "../applications/harness/guide.ts";
import { type RunningExample, startExample } from "../examples/running-example.ts";
import { freePort } from "../support/node/ports.ts";
import { type Site, startSite } from "../support/node/site.ts";
import { TEST_ISSUER } from "../support/node/workerd.ts";

/** A Rails application in production, with the lines of the guide in its configuration. */
const application = (lines: string) => `require "rails"
require "action_controller/railtie"
require "moor/session"
require "rack/handler/puma"

class GuideApplication < Rails::Application
  config.load_defaults 6.1
  config.eager_load = false
  config.secret_key_base = "of the test alone"
  config.logger = Logger.new($stderr)
  config.log_level = :warn
  ${lines.split("\n").join("\n  ")}
  routes.append do
    get "count", to: "pages#count"
  end
end

class PagesController < ActionController::Base
  def count
    session[:count] = (session[:count] || 0) + 1
    render json: { count: session[:count], url: request.url }
  end
end

GuideApplication.initialize!
Rack::Handler::Puma.run(GuideApplication, Port: ENV["PORT"].to_i, Host: "127.0.0.1", Threads: "1:4", Silent: true)
`;

describe("config.hosts of the guide for Rails, behind Moor", () => {
  const guide = ofTest(snippetOf("rails", "config/environments/production.rb"));
  /** The same without the server's own host: the mistake that the guide warns of. */
  const withoutOwn = guide.replace(', "127.0.0.1"', "");
  const [publicHost] = new URL(TEST_ISSUER).host.split(":") as [string];
  let folder: string;
  const started: { server: RunningExample; site: Site }[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "moor-rails-hosts-"));
  });
  afterAll(async () => {
    await Promise.all(started.map(({ server, site }) => Promise.all([server.stop(), site.stop()])));
    await rm(folder, { recursive: true, force: true });
  });

  /** Rails behind Moor, which asks it at 127.0.0.1. */
  async function start(name: string, lines: string): Promise<Site> {
    const file = join(folder, `${name}.rb`);
    await writeFile(file, application(lines));
    const port = await freePort();
    const site = await startSite([{ name: "rails", url: `http://127.0.0.1:${port}` }]);
    const url = `http://127.0.0.1:${site.moor.port}`;
    const settings = { MOOR_ISSUER: TEST_ISSUER, MOOR_AUDIENCE: "shop", MOOR_URL: url, RAILS_ENV: "production" };
    const server = await startExample(["ruby", "-I", resolve("sdk/ruby/lib"), file], port, settings);
    started.push({ server, site });
    return site;
  }

  it("admits the public host, whose sessions and links are right", async () => {
    expect(guide).toContain("config.hosts");
    const client = (await start("guide", guide)).client();
    const ask = (host: string) => client.ask("/count", { headers: { Host: host } });
    const first = await ask(publicHost);
    expect(first.status, `${first.text} ${started.at(-1)?.server.output()}`).toBe(200);
    expect(JSON.parse(first.text)).toEqual({ count: 1, url: `https://${publicHost}/count` });
    expect(JSON.parse((await ask(publicHost)).text)).toMatchObject({ count: 2 });
    // Hosts that are not in the list are refused, by what Moor tells of them.
    expect((await ask("evil.test")).status).toBe(403);
  });

  it("refuses each request where the list lacks the server's own host", async () => {
    expect(withoutOwn).not.toBe(guide);
    const site = await start("without", withoutOwn);
    expect((await site.client().ask("/count", { headers: { Host: publicHost } })).status).toBe(403);
  });
});
