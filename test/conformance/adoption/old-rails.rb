# frozen_string_literal: true

# A shop on Rails as it ran before Moor. `STORE=cookie` keeps its sessions in the cookie, `STORE=cache` in files of Rails' cache.

require "rails"
require "action_controller/railtie"
require "rack/handler/puma"
require "tmpdir"
require "moor/session/adopt"

# Rails with nothing but controllers.
class OldShop < Rails::Application
  config.load_defaults 6.1
  config.eager_load = false
  config.secret_key_base = "of the old shop alone"
  config.hosts.clear
  config.logger = Logger.new($stderr)
  config.log_level = :warn
  if ENV.fetch("STORE") == "cache"
    config.cache_store = :file_store, Dir.mktmpdir
    config.session_store :cache_store, key: "_shop"
  else
    config.session_store :cookie_store, key: "_shop"
  end
  config.middleware.use Moor::Adopt, application: "app", principal: ->(session, _env) { session["user"] }
  routes.append do
    get "login", to: "shop#login"
    get "logout", to: "shop#logout"
    get "*path", to: "shop#show"
    root to: "shop#show"
  end
end

# Each page of the shop.
class ShopController < ActionController::Base
  def login
    reset_session
    session[:user] = params[:user]
    session[:basket] = { "apples" => 2 }
    flash[:notice] = "Hello"
    render json: {}
  end

  def logout
    reset_session
    render json: {}
  end

  def show = render json: { server: "old", user: session[:user], basket: session[:basket] }
end

OldShop.initialize!
Rack::Handler::Puma.run(OldShop, Host: "127.0.0.1", Port: Integer(ENV.fetch("PORT")), Silent: true)
