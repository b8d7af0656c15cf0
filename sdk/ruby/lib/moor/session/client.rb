# frozen_string_literal: true

require "logger"
require "uri"
require_relative "api"
require_relative "exchange"
require_relative "handoff"
require_relative "key_set"

module Moor
  # Moor, as a server behind it sees it. Make it once per process: it keeps Moor's public keys.
  class Client
    # `issuer` is Moor's `MOOR_ISSUER`, `audience` the id of this server's pool, and `url` the address at which this server reaches Moor.
    # Their defaults are `MOOR_ISSUER`, `MOOR_AUDIENCE` and `MOOR_URL` of the environment; the default of `url` is the issuer. Moor may
    # take `timeout_seconds` for an answer, and this machine's clock may be off by `tolerance_seconds`. Raises ArgumentError if the issuer
    # or the audience is missing.
    def initialize(issuer: nil, audience: nil, url: nil, timeout_seconds: 5, tolerance_seconds: 15, now: -> { Time.now.to_f }, log: nil)
      issuer ||= ENV.fetch("MOOR_ISSUER", "")
      audience ||= ENV.fetch("MOOR_AUDIENCE", "")
      @url = (url || ENV.fetch("MOOR_URL", issuer)).chomp("/")
      { "MOOR_ISSUER" => issuer, "MOOR_URL" => @url }.each do |setting, value|
        raise ArgumentError, "#{setting} must be an http or https URL, not #{value.inspect}" unless value.match?(%r{\Ahttps?://[^/?#]}i)
      end
      raise ArgumentError, "MOOR_AUDIENCE must be the id of this server's pool" if audience.empty?

      @timeout_seconds = timeout_seconds
      @log = log || Logger.new($stderr, progname: "moor-session")
      keys = KeySet.new("#{@url}/.moor/jwks.json", timeout_seconds, now)
      @verifier = HandoffVerifier.new(keys: keys, issuer: issuer, audience: audience, tolerance_seconds: tolerance_seconds, now: now)
    end

    # The exchange of a request with this `Moor-Session` header.
    #
    # nil, a request without the header, has an empty session that cannot be stored; `path` names it in the log. Raises Error `handoff-…`
    # for a handoff that is refused. If the keys cannot be read, the use of the session raises `keys-unavailable`, so that a page without a
    # session needs no key.
    def exchange(token, serializer: Marshal, principal_key: nil, path: "")
      api = Api.new(@url, token, @timeout_seconds) if token
      verified = token ? verified(token) : -> {}
      Exchange.new(verified: verified, api: api, serializer: serializer, principal_key: principal_key, path: path, log: @log)
    end

    # The line of the log for a request that gets an error in place of its page.
    def log_refusal(fault)
      @log.warn("a request is answered with #{fault.http_status} (#{fault.code}): #{fault.message}")
    end

    private

    def verified(token)
      handoff = @verifier.verify(token)
      -> { handoff }
    rescue Error => fault
      raise unless fault.code == "keys-unavailable"

      -> { raise fault }
    end
  end
end
