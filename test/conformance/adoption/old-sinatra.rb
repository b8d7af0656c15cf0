# frozen_string_literal: true

# A shop on Sinatra as it ran before Moor. `STORE=cookie` keeps its sessions in the cookie, `STORE=pool` in the memory of the server.

require "json"
require "sinatra/base"
require "moor/session/adopt"

class OldShop < Sinatra::Base
  set :server, :puma
  set :bind, "127.0.0.1"
  set :port, Integer(ENV.fetch("PORT"))
  set :environment, :production
  set :session_secret, "of the old shop alone, and of no worth beyond it: 0123456789abcdef0123456789"
  set :session_store, ENV.fetch("STORE") == "pool" ? Rack::Session::Pool : Rack::Session::Cookie
  enable :sessions
  disable :protection
  use Moor::Adopt, application: "app", principal: ->(session, _env) { session["user"] }

  before { content_type :json }

  get "/login" do
    session["user"] = params["user"]
    session["basket"] = { "apples" => 2 }
    "{}"
  end

  get "/logout" do
    session.destroy
    "{}"
  end

  get "*" do
    JSON.generate(server: "old", user: session["user"], basket: session["basket"])
  end
end

OldShop.run!
