# frozen_string_literal: true

# A basket behind Moor, on Sinatra (Debian: ruby-sinatra, puma).

# In a project of your own, the Gemfile has the drop-in: gem "moor-session".
$LOAD_PATH.unshift File.expand_path("../../sdk/ruby/lib", __dir__)

require "json"
require "moor/session"
require "sinatra/base"

# A shop whose baskets survive its servers.
class Shop < Sinatra::Base
  set :server, :puma
  set :bind, "127.0.0.1"
  set :port, Integer(ENV.fetch("PORT"))
  set :environment, :production
  # A new value at `principal_key` is a login: the visitor gets a new token, and Moor knows the user.
  set :sessions, principal_key: "user"
  set :session_store, Moor::SessionStore
  # The first writes a value into the session of every visitor. The second asks forms for a token, which this shop does not have.
  set :protection, except: %i[session_hijacking remote_token]

  # Pages without a session are fine for the drop-in. This shop has none: such a request did not come through Moor.
  before { halt 403, "not through Moor" if request.env["HTTP_MOOR_SESSION"].to_s.empty? }

  get "/" do
    content_type :json
    JSON.generate(server: "ruby", user: session[:user], basket: basket)
  end

  post "/add" do
    good = params["good"].to_s
    session[:basket] = basket.merge(good => basket.fetch(good, 0) + 1)
    see_basket
  end

  post "/remove" do
    session[:basket] = basket.except(params["good"].to_s)
    see_basket
  end

  post "/login" do
    session[:user] = params.fetch("user")
    see_basket
  end

  post "/logout" do
    session.destroy
    see_basket
  end

  def basket
    session[:basket] || {}
  end

  def see_basket
    redirect "/", 303
  end
end

Shop.run!
