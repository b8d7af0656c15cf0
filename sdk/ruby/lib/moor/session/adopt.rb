# frozen_string_literal: true

require "json"
require "logger"
require "openssl"
require "rack"
require_relative "values"

module Moor
  # The endpoint by which an application that keeps its sessions by itself tells Moor who a visitor is, so that living sessions move in. It
  # stands behind the application's own session middleware, also in Rails:
  #
  #     use Moor::Adopt, application: "app", principal: ->(session, _env) { session["user_id"] }
  #
  # Questions and answers are JWTs (RFC 7519) by HMAC-SHA256.
  class Adopt
    # A question that is refused. The message says why, and holds no secret.
    class Refused < StandardError; end

    # How far the clocks of Moor and of this server may be apart, in seconds.
    CLOCKS_APART_SECONDS = 60
    QUESTION = "moor-adopt+jwt"
    ANSWER = "moor-adopt-answer+jwt"
    # An id of a session with 128 random bits.
    RANDOM_ID = /\A[0-9a-f]{32,}\z/.freeze
    # The value of an old session that holds the version of the values that have come back from Moor.
    VERSION = "moorVersion"
    # A megabyte of attributes is 1.4 million characters in base64url.
    MOST_CHARACTERS = 2_000_000

    # +application+: the name in Moor's configuration. +principal+: called with the session and the environment, gives the user who is logged
    # in, or nil; refuse there whom the application would refuse. +session_seconds+: how long a session lives whose middleware sets no
    # +expire_after+. +serializer+, +log+: as in Moor::SessionStore. +readers+: the addresses of further Moors that may only read, for example
    # of a staging, separated by spaces or commas; they end and change no session. Raises ArgumentError if MOOR_ISSUER or MOOR_CONFIRM_KEYS is missing.
    def initialize(app, application:, principal: ->(_session, _env) {}, path: "/moor-adopt", session_seconds: 86_400, serializer: Marshal,
                   issuer: ENV.fetch("MOOR_ISSUER", ""), readers: ENV.fetch("MOOR_READER_ISSUERS", ""),
                   keys: ENV.fetch("MOOR_CONFIRM_KEYS", ""), log: Logger.new($stderr))
      @app = app
      @names = { application: application, issuer: issuer.delete_suffix("/") }
      @readers = readers.split(/[\s,]+/).reject(&:empty?).map { |reader| reader.delete_suffix("/") }
      @keys = read_keys(keys)
      @path = path
      @principal = principal
      @session_seconds = session_seconds
      @serializer = serializer
      @log = log
      raise ArgumentError, "MOOR_ISSUER must be set" if issuer.empty?
    end

    # Answers requests to the path; all other requests go on.
    def call(env)
      return @app.call(env) unless env["PATH_INFO"] == @path

      # The session is read here, and neither stored nor given to the visitor.
      env["rack.session.options"][:skip] = true
      question = open_question(env)
      return respond(403, "application/jwt", answer(question, 403, {})) if forbidden?(question)

      session =
        case env["REQUEST_METHOD"]
        when "DELETE" then finish(env, question)
        when "PUT" then bring_back(env, question)
        else tell(env, question)
        end
      status = session ? 200 : 401
      respond(status, "application/jwt", answer(question, status, session || {}))
    rescue Refused => refused
      respond(403, "text/plain", "moor-adopt: #{refused.message}")
    end

    private

    def read_only?(question)
      question["iss"] != @names[:issuer]
    end

    # Whether a Moor that may only read asks for a change. With version 0 Moor only asks whether the session lives.
    def forbidden?(question)
      read_only?(question) && (question["htm"] == "DELETE" || (question["htm"] == "PUT" && question["ver"] != 0))
    end

    def tell(env, question)
      session = env["rack.session"]
      values = session.to_hash.transform_keys(&:to_s)
      values = values.except("session_id", VERSION)
      user = @principal.call(session, env)
      return if values.empty? && user.nil?

      attributes = Values.encode(values, {}, @serializer)
      too_large = JSON.generate(attributes).bytesize > question.fetch("max", 0)
      id = id_of(session)
      {
        **(RANDOM_ID.match?(id) ? { id: id } : {}),
        **(user.nil? ? {} : { principal: Values.principal_of(user) }),
        **(too_large ? { tooLarge: true } : { attributes: attributes }),
        expiresAt: Time.now.to_i + (env["rack.session.options"][:expire_after] || @session_seconds).to_i,
      }
    end

    # Ends a session of a store on the server. A session that is in its cookie alone has nothing to end here; Moor clears the cookie.
    def finish(env, question)
      store_of(env).delete_session(request_of(env), id_in(question), { drop: true })
      {}
    end

    # Gives a session of a store on the server the values that it has at Moor, unless it has them already. nil: there is no such session.
    def bring_back(env, question)
      store = store_of(env)
      request = request_of(env)
      id = id_in(question)
      # Rails' sessions in cookies cannot be found by an id.
      return if store.method(:find_session).owner == Rack::Session::Abstract::Persisted

      found, values = store.find_session(request, id)
      # A store gives a session that it does not have another id, and some keep that session.
      unless found.to_s == id.to_s
        store.delete_session(request, found, { drop: true })
        return
      end
      return {} if values.fetch(VERSION, 0) >= question.fetch("ver")

      attributes = Values.decode(question.fetch("attributes"), @serializer, @log)
      store.write_session(request, id, attributes.merge(VERSION => question.fetch("ver")), env["rack.session.options"].to_hash)
      {}
    end

    def store_of(env)
      %i[@store @by].filter_map { |name| env["rack.session"].instance_variable_get(name) }.first
    end

    def request_of(env)
      defined?(ActionDispatch::Request) ? ActionDispatch::Request.new(env) : Rack::Request.new(env)
    end

    def id_in(question)
      Rack::Session::SessionId.new(question.fetch("sid"))
    end

    def id_of(session)
      id = session.id
      (id.respond_to?(:public_id) ? id.public_id : id).to_s
    end

    def open_question(env)
      head, payload, mac = question_text(env).split(".")
      header = decoded(head)
      key = @keys[header["kid"]]
      raise Refused, "this is for Moor alone" unless header["alg"] == "HS256" && header["typ"] == QUESTION && key && mac
      unless Rack::Utils.secure_compare(base64url(hmac(key, "#{head}.#{payload}")), mac)
        raise Refused, "its signature is not of a key in MOOR_CONFIRM_KEYS"
      end

      claims = decoded(payload)
      unless [@names[:issuer], *@readers].include?(claims["iss"])
        raise Refused, "it comes from a Moor that neither MOOR_ISSUER nor MOOR_READER_ISSUERS names"
      end
      raise Refused, "it asks another application than the name that is set here" unless claims["aud"] == @names[:application]
      raise Refused, "it was signed for another method" unless claims["htm"] == env["REQUEST_METHOD"]
      raise Refused, "it cannot be answered: #{claims["htm"]}" unless %w[GET PUT DELETE].include?(claims["htm"])
      unless claims["iat"].is_a?(Integer) && (Time.now.to_i - claims["iat"]).abs <= CLOCKS_APART_SECONDS
        raise Refused, "it was signed more than 60 seconds ago, or a clock is wrong"
      end

      claims.merge("kid" => header["kid"])
    end

    # Attributes are too long for a header.
    def question_text(env)
      return env.fetch("HTTP_MOOR_ADOPT", "") unless env["REQUEST_METHOD"] == "PUT"

      text = env["rack.input"].read(MOST_CHARACTERS + 1).to_s
      raise Refused, "it is too long" if text.length > MOST_CHARACTERS

      text
    end

    def answer(question, status, session)
      claims = { iss: @names[:application], aud: question["iss"], nonce: question["jti"], status: status, **session }
      claims[:readOnly] = true if read_only?(question)
      signed = [{ alg: "HS256", typ: ANSWER, kid: question["kid"] }, claims].map { |part| base64url(JSON.generate(part)) }.join(".")
      "#{signed}.#{base64url(hmac(@keys.fetch(question["kid"]), signed))}"
    end

    def respond(status, type, body)
      [status, { "content-type" => type, "cache-control" => "no-store" }, [body]]
    end

    def read_keys(text)
      text.split(",", -1).to_h do |entry|
        parts = /\A([1-9][0-9]{0,2}):([\w-]{43,})\z/.match(entry.strip)
        raise ArgumentError, "MOOR_CONFIRM_KEYS must be ID:BASE64URL of 32 bytes or more, as in Moor's own environment" unless parts

        [parts[1], bytes_of(parts[2])]
      end.tap { |keys| raise ArgumentError, "MOOR_CONFIRM_KEYS must be set" if keys.empty? }
    end

    def hmac(key, text)
      OpenSSL::HMAC.digest("SHA256", key, text)
    end

    def base64url(bytes)
      [bytes].pack("m0").tr("+/", "-_").delete("=")
    end

    def bytes_of(text)
      text.tr("-_", "+/").unpack1("m")
    end

    def decoded(part)
      value = JSON.parse(bytes_of(part.to_s))
      value.is_a?(Hash) ? value : {}
    rescue JSON::ParserError
      {}
    end
  end
end
