# frozen_string_literal: true

require "rack"
require "rack/body_proxy"
require "rack/session/abstract/id"
require_relative "client"

module Moor
  # The part of a session store that is the same for Rack and Rails: the handoff takes the place of a cookie.
  module RackStore
    # Where the exchange of a request is in its environment.
    EXCHANGE = "moor.exchange"

    # Options beside Rack's own: `moor`, a Client, made from the environment by default; `principal_key`, the name of the value that holds
    # the id of the user who is logged in; `serializer`, in place of Marshal for values that are not JSON.
    def initialize(app, options = {})
      own, others = options.partition { |name, _| %i[moor principal_key serializer].include?(name) }.map(&:to_h)
      super(app, others)
      @moor = own[:moor] || Client.new
      @exchange_options = { principal_key: own[:principal_key], serializer: own[:serializer] || Marshal }
    end

    # Answers a request: 403 if its handoff is refused, 503 if its session is used and cannot be read.
    def call(env)
      exchange = @moor.exchange(env["HTTP_MOOR_SESSION"], path: env["PATH_INFO"], **@exchange_options)
      env[EXCHANGE] = exchange
      status, headers, body = super
      # Frameworks such as Sinatra make an error of their own of the session's.
      status = exchange.fault.http_status if status == 500 && exchange.fault
      [status, headers, LateBody.new(body) { finish(make_request(env)) }]
    rescue Error => fault
      @moor.log_refusal(fault)
      [fault.http_status, { "content-type" => "text/plain", "cache-control" => "no-store" }, ["the session is not available\n"]]
    end

    # Puts the changes on the response.
    def commit_session(req, res)
      session = req.get_header(Rack::RACK_SESSION)
      options = session.options
      return if options[:skip]

      exchange = exchange_of(req)
      exchange.clear if options[:drop]
      exchange.rotate if options[:renew]
      other_bytes = res.headers.sum { |name, value| "#{name}: #{value}\r\n".length }
      changes = exchange.headers(options[:drop] ? {} : values_of(session), other_bytes: other_bytes)
      changes.group_by(&:first).each { |name, lines| res.set_header(name, lines.map(&:last).join(", ")) }
    end

    # Begins the session anew. `session.clear` and `session.destroy` of Rack call it, and `reset_session` of Rails.
    def delete_session(req, _sid, _options)
      exchange_of(req).clear
      generate_sid
    end

    private

    def exchange_of(req)
      req.get_header(EXCHANGE)
    end

    # A request that did not use its session has no values.
    def values_of(session)
      session.to_hash.transform_keys(&:to_s) if loaded_session?(session)
    end

    def extract_session_id(req)
      id = exchange_of(req).id
      id && Rack::Session::SessionId.new(id)
    end

    def find_session(req, sid)
      [sid || generate_sid, exchange_of(req).load]
    end

    # Stores changes that were made while the body was sent.
    def finish(req)
      session = req.get_header(Rack::RACK_SESSION)
      values = values_of(session)
      exchange_of(req).finish(values) if values && !session.options[:skip]
    end

    # A body that stores late changes before it ends, so that the visitor's next request sees them.
    class LateBody < Rack::BodyProxy
      def initialize(body, &finish)
        @finish = finish
        super
      end

      def each(&block)
        @body.each(&block)
        @finish.call
      end
    end
    private_constant :LateBody
  end

  # The sessions of a Rack application: `use Moor::SessionStore`, in place of Rack::Session::Cookie. In Sinatra, `enable :sessions` and
  # `set :session_store, Moor::SessionStore`.
  class SessionStore < Rack::Session::Abstract::PersistedSecure
    include RackStore

    # `session`, whose `clear` begins the session anew: a cleared session that is used again must not go by its old token.
    class SessionHash < Rack::Session::Abstract::PersistedSecure::SecureSessionHash
      def clear
        super
        @store.delete_session(@req, id, options)
      end
    end

    private

    def session_class
      SessionHash
    end
  end
end
