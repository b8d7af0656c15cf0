# frozen_string_literal: true

require "json"
require "sinatra/base"

# Two pages on the sessions of Moor, or of redis-rack if REDIS_URL is set.
class Application < Sinatra::Base
  set :server, :puma
  set :bind, "127.0.0.1"
  set :port, Integer(ENV.fetch("PORT"))
  set :environment, :production
  set :quiet, true
  disable :protection
  if ENV["REDIS_URL"]
    require "rack/session/redis"
    set :session_store, Rack::Session::Redis
    set :sessions, redis_server: "#{ENV['REDIS_URL']}/0/sessions"
  else
    require "moor/session"
    set :session_store, Moor::SessionStore
    set :sessions, principal_key: "user"
  end

  get("/health") { "{}" }
  get("/read") { JSON.generate(visits: session["visits"] || 0) }

  post "/incr" do
    session["visits"] = (session["visits"] || 0) + 1
    JSON.generate(visits: session["visits"])
  end
end

Application.run!
