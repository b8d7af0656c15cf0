# frozen_string_literal: true

# The conformance application (docs/reference/drop-in.md) on Sinatra.

require "json"
require "set"
require "sinatra/base"
require "moor/session"

# Each request of the conformance application.
class Conformance < Sinatra::Base
  NATIVES = { "date" => Time.at(1_709_209_800, 5, :usec).utc, "bytes" => "\x00\xFF\xFE\x80".b, "object" => Set[:a, 1] }.freeze

  set :server, :puma
  set :bind, "127.0.0.1"
  set :port, Integer(ENV.fetch("PORT"))
  set :environment, :production
  set :session_store, Moor::SessionStore
  set :sessions, principal_key: "user"
  # Its check of the User-Agent would write a value into the session of every visitor.
  disable :protection

  before { content_type :json }

  get("/health") { "{}" }
  get("/plain") { "{}" }
  get("/pid") { JSON.generate(pid: Process.pid, name: ENV.fetch("NAME", nil)) }

  get "/read" do
    attributes = session.to_hash.transform_values { |value| Moor::Values.json?(value) ? value : shown(value) }
    JSON.generate(attributes: attributes, new: request.env[Moor::RackStore::EXCHANGE].new?)
  end

  post "/set" do
    session[params["k"]] = JSON.parse(request.body.read)
    "{}"
  end

  post "/delete" do
    session.delete(params["k"])
    "{}"
  end

  post "/incr" do
    session[params["k"]] = session.fetch(params["k"], 0) + 1
    JSON.generate(value: session[params["k"]])
  end

  post "/regenerate" do
    request.session_options[:renew] = true
    "{}"
  end

  post "/login" do
    request.session_options[:renew] = true
    session[:user] = params["user"]
    "{}"
  end

  post "/logout" do
    session.destroy
    "{}"
  end

  post "/clear-and-set" do
    session.clear
    session[params["k"]] = true
    "{}"
  end

  post "/late" do
    stream do |out|
      out << "{"
      session[params["k"]] = true
      out << "}"
    end
  end

  post "/large" do
    session[params["k"]] = "x" * Integer(params["bytes"])
    "{}"
  end

  post "/native" do
    session[:native] = NATIVES.fetch(params["kind"])
    "{}"
  end

  get("/native") { JSON.generate(equal: session[:native] == NATIVES.fetch(params["kind"])) }

  post "/flash" do
    session[:flash] = params["m"]
    "{}"
  end

  get("/flash") { JSON.generate(flash: session.delete(:flash)) }

  # Values that are not JSON for a session can still be JSON for an answer, such as an object with a nil.
  def shown(value)
    JSON.parse(JSON.generate(value))
  rescue EncodingError, JSON::JSONError
    value.inspect
  end
end

Conformance.run!
