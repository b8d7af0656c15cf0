# frozen_string_literal: true

require "json"
require "openssl"
require_relative "error"
require_relative "provider_login"

module Moor
  # The facts that Moor told about the session of a request. `id` is nil as long as the session is not stored, `principal` before a login.
  # `attributes` is nil if the attributes were too large for the handoff: the session API has them. `provider_login` is nil unless Moor has
  # logged the visitor in at a provider.
  Handoff = Struct.new(:token, :id, :version, :generation, :principal, :is_new, :flash, :attributes, :provider_login, keyword_init: true)

  # Verifies the compact JWTs of `Moor-Session` headers (RFC 7515, 7519).
  #
  # They must have ES256, a published key, this issuer, this audience, and be valid now. A right signature is not checked again while its
  # key is published; the last 512 are remembered.
  class HandoffVerifier
    # Above any handoff that Moor makes: 16 KiB of attributes are 22 KB in base64url.
    MOST_CHARACTERS = 32_768
    # Moor signs a handoff once for each version of a session and sends it along for half a minute.
    REMEMBERED = 512
    # Longer handoffs are not remembered: all together are a few megabytes at most.
    LONGEST_REMEMBERED = 4_096
    COMPACT = /\A[\w-]+\.[\w-]+\.[\w-]{86}\z/

    Signed = Struct.new(:kid, :key, :claims)

    def initialize(keys:, issuer:, audience:, tolerance_seconds:, now:)
      @keys = keys
      @issuer = issuer
      @audience = audience
      @tolerance_seconds = tolerance_seconds
      @now = now
      @remembered = {}
      @remembering = Mutex.new
    end

    # Raises Error `handoff-…` or `keys-unavailable`.
    def verify(token)
      claims = parse(signed_claims(token))
      refuse("misdirected", "its issuer is #{claims["iss"].inspect}, not #{@issuer.inspect}") if claims["iss"] != @issuer
      refuse("misdirected", "its audience is #{claims["aud"].inspect}, not #{@audience.inspect}") if claims["aud"] != @audience
      check_times(claims["iat"], claims["exp"])
      read(token, claims)
    end

    private

    def check_times(issued_at, expires_at)
      now = @now.call
      refuse("malformed", "it says no lifetime") unless count?(issued_at) && count?(expires_at)
      refuse("expired", "it expired at #{expires_at}; it is #{now.to_i}") if now >= expires_at + @tolerance_seconds
      refuse("expired", "it was issued at #{issued_at}; it is #{now.to_i}") if now < issued_at - @tolerance_seconds
    end

    def signed_claims(token)
      known = @remembering.synchronize { @remembered[token] }
      return known.claims if known && @keys.get(known.kid).equal?(known.key)

      signed = check(token)
      remember(token, signed) if token.length <= LONGEST_REMEMBERED
      signed.claims
    end

    def remember(token, signed)
      @remembering.synchronize do
        @remembered[token] = signed
        @remembered.shift if @remembered.size > REMEMBERED
      end
    end

    def check(token)
      refuse("malformed", "it has #{token.length} characters, of at most #{MOST_CHARACTERS}") if token.length > MOST_CHARACTERS
      refuse("malformed", "it is no compact JWT signed with ES256") unless token.ascii_only? && COMPACT.match?(token)
      header, claims, signature = token.split(".")
      kid = kid_of(parse(decode(header)))
      signed = ["#{header}.#{claims}", der(decode(signature))]
      Signed.new(kid, fitting_key(kid, *signed), decode(claims))
    end

    def kid_of(header)
      refuse("untrusted", "its algorithm is not ES256") if header["alg"] != "ES256"
      if header["typ"] != "JWT" || !header["kid"].is_a?(String) || header.key?("crit")
        refuse("malformed", "its header is not like the header of Moor's handoffs")
      end
      header["kid"]
    end

    # A kid may name another key by now, so the kid of a key that does not fit is looked up again.
    def fitting_key(kid, text, signature)
      key = @keys.get(kid) || refuse("untrusted", "Moor publishes no key of its kid")
      return key if right?(key, text, signature)

      other = @keys.get(kid, key)
      return other if other && right?(other, text, signature)

      refuse("untrusted", "its signature is wrong")
    end

    def right?(key, text, signature)
      key.ec.verify("SHA256", signature, text)
    rescue OpenSSL::PKey::PKeyError
      false
    end

    # OpenSSL takes the two numbers of a signature as a sequence (RFC 3279), and a JWT has them side by side (RFC 7518).
    def der(signature)
      numbers = [signature[0, 32], signature[32, 32]].map { |bytes| OpenSSL::ASN1::Integer(OpenSSL::BN.new(bytes, 2)) }
      OpenSSL::ASN1::Sequence(numbers).to_der
    end

    def read(token, claims)
      sid, sub, generation, version, data = claims.values_at("sid", "sub", "gen", "ver", "data")
      flash = claims.fetch("flash", {})
      is_new = claims.fetch("new", false)
      refuse("malformed", "its sid or sub is not a string") unless [sid, sub].all? { |value| value.nil? || value.is_a?(String) }
      refuse("malformed", "its gen or ver is not a number") unless count?(generation) && count?(version)
      refuse("malformed", "its new is not true or false") unless [true, false].include?(is_new)
      refuse("malformed", "its data or flash is not an object") unless flash.is_a?(Hash) && (data.nil? || data.is_a?(Hash))
      Handoff.new(token: token, id: sid, version: version, generation: generation, principal: sub, is_new: is_new, flash: flash,
                  attributes: sid.nil? ? {} : data, provider_login: login_of(claims))
    end

    def login_of(claims)
      return unless claims.key?("login")

      ProviderLogin.read(claims["login"]) || refuse("malformed", "its login is not a login of Moor")
    end

    def parse(text)
      claims = JSON.parse(text.dup.force_encoding("UTF-8"))
      claims.is_a?(Hash) ? claims : refuse("malformed", "a part of it is no object")
    rescue JSON::ParserError, EncodingError
      refuse("malformed", "a part of it is not JSON")
    end

    def decode(part)
      part.tr("-_", "+/").unpack1("m")
    end

    def count?(value)
      value.is_a?(Integer) && value.between?(0, 2**53 - 1)
    end

    def refuse(kind, reason)
      raise Error.new("handoff-#{kind}", "the handoff is refused: #{reason}")
    end
  end
end
