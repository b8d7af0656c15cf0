# frozen_string_literal: true

# The conformance application (docs/reference/drop-in.md) on Rails.

require "set"
require "rails"
require "action_controller/railtie"
require "moor/session"
require "rack/handler/puma"

# Rails with nothing but controllers.
class ConformanceApplication < Rails::Application
  config.load_defaults 6.1
  config.eager_load = false
  config.secret_key_base = "of the conformance application alone"
  # bench/drop-ins measures the same pages with their sessions in Redis.
  if ENV["REDIS_URL"]
    config.cache_store = :redis_cache_store, { url: ENV["REDIS_URL"] }
    config.session_store :cache_store
  else
    config.session_store :moor_store, principal_key: "user"
  end
  config.hosts.clear
  config.action_controller.default_protect_from_forgery = false
  config.logger = Logger.new($stderr)
  config.log_level = :warn
  routes.append do
    %w[read plain health pid].each { |name| get name, to: "conformance##{name}" }
    %w[set delete incr regenerate login logout late large].each { |name| post name, to: "conformance##{name}" }
    post "clear-and-set", to: "conformance#clear_and_set"
    post "native", to: "conformance#set_native"
    get "native", to: "conformance#native"
    post "flash", to: "conformance#leave"
    get "flash", to: "conformance#show"
  end
end

# Each request of the conformance application.
class ConformanceController < ActionController::Base
  NATIVES = { "date" => Time.at(1_709_209_800, 5, :usec).utc, "bytes" => "\x00\xFF\xFE\x80".b, "object" => Set[:a, 1] }.freeze

  def health = render(json: {})
  def plain = render(json: {})
  def pid = render(json: { pid: Process.pid, name: ENV.fetch("NAME", nil) })

  def read
    attributes = session.to_hash.transform_values { |value| Moor::Values.json?(value) ? value : shown(value) }
    render json: { attributes: attributes, new: request.env[Moor::RackStore::EXCHANGE]&.new? }
  end

  def set
    session[params[:k]] = JSON.parse(request.raw_post)
    render json: {}
  end

  def delete
    session.delete(params[:k])
    render json: {}
  end

  def incr
    session[params[:k]] = (session[params[:k]] || 0) + 1
    render json: { value: session[params[:k]] }
  end

  def regenerate
    request.session_options[:renew] = true
    render json: {}
  end

  def login
    request.session_options[:renew] = true
    session[:user] = params[:user]
    render json: {}
  end

  def logout
    reset_session
    render json: {}
  end

  def clear_and_set
    reset_session
    session[params[:k]] = true
    render json: {}
  end

  def late
    key = params[:k]
    late_session = session
    # Without it, Rails collects the body to hash it.
    response.headers["Last-Modified"] = Time.now.httpdate
    self.response_body = Enumerator.new do |out|
      out << "{"
      late_session[key] = true
      out << "}"
    end
  end

  def large
    session[params[:k]] = "x" * Integer(params[:bytes])
    render json: {}
  end

  def set_native
    session[:native] = NATIVES.fetch(params[:kind])
    render json: {}
  end

  def native = render(json: { equal: session[:native] == NATIVES.fetch(params[:kind]) })

  def leave
    flash[:notice] = params[:m]
    render json: {}
  end

  def show = render(json: { flash: flash[:notice] })

  private

  # Values that are not JSON for a session can still be JSON for an answer, such as an object with a nil.
  def shown(value)
    JSON.parse(JSON.generate(value))
  rescue EncodingError, JSON::JSONError
    value.inspect
  end
end

ConformanceApplication.initialize!
Rack::Handler::Puma.run(ConformanceApplication, Host: "127.0.0.1", Port: Integer(ENV.fetch("PORT")), Silent: true)
