# frozen_string_literal: true

require_relative "error"
require_relative "http"

module Moor
  # Moor's public keys (RFC 7517), read on first use.
  #
  # The keys count for as long as their `Cache-Control` says, 30 seconds at least and 5 minutes at most. While reading fails it is tried
  # every 30 seconds, and the keys stay in use for an hour after they were read. A kid or a signature that fits no key has the keys read at
  # once, at most every 5 seconds.
  class KeySet
    LEAST_LIFE_SECONDS = 30
    MOST_LIFE_SECONDS = 300
    # How soon the keys are read again after a read failed, while the old keys serve.
    AGAIN_SECONDS = 30
    # How soon the keys are read again for another handoff that fits no known key, and while there is no key that may be used. Anybody can
    # send such handoffs.
    SEEK_SECONDS = 5
    STALE_SECONDS = 3_600

    # A key, and the point on the curve that it was made of.
    Key = Struct.new(:x, :y, :ec)

    # `now` is a clock, in seconds.
    def initialize(url, timeout_seconds, now)
      @url = url
      @timeout_seconds = timeout_seconds
      @now = now
      @reading = Mutex.new
      @keys = {}
      @failure = nil
      @fresh_until = @usable_until = @asked_at = @sought_at = -Float::INFINITY
    end

    # The key that Moor publishes under a kid; nil: Moor publishes no such key.
    #
    # `unfit` is a key that a signature does not fit: the kid is looked up again for another key. Raises Error `keys-unavailable` if it
    # cannot be told whether Moor publishes the key.
    def get(kid, unfit = nil)
      fresh(kid, unfit) || @reading.synchronize do
        # Requests that wait here find the keys that the first of them has read.
        fresh(kid, unfit) || read_and_find(kid, unfit)
      end
    end

    private

    def fresh(kid, unfit)
      find(kid, unfit) if @now.call < @fresh_until
    end

    def find(kid, unfit)
      key = @keys[kid] if @now.call < @usable_until
      key unless key.equal?(unfit)
    end

    def read_and_find(kid, unfit)
      now = @now.call
      read(now) if due?(now)
      key = find(kid, unfit)
      raise Error.new("keys-unavailable", "Moor's public keys cannot be read from #{@url}") if key.nil? && @failure

      key
    end

    def due?(now)
      return now >= @sought_at + SEEK_SECONDS if now < @fresh_until

      now >= @asked_at + (now < @usable_until ? AGAIN_SECONDS : SEEK_SECONDS)
    end

    def read(now)
      @sought_at = now if now < @fresh_until
      @asked_at = now
      response = Http.fetch(Net::HTTP::Get.new(URI(@url)), @timeout_seconds)
      raise ArgumentError, "the answer has the status #{response.code}" unless response.code == "200"

      @keys = import(JSON.parse(response.body))
      @failure = nil
      @fresh_until = now + life_seconds(response)
      @usable_until = now + STALE_SECONDS
    rescue ArgumentError, OpenSSL::OpenSSLError, *Http::FAULTS => fault
      @failure = fault
    end

    # A key that is still published stays the same object, so that signatures that it has verified stay verified.
    def import(document)
      listed = document["keys"] if document.is_a?(Hash)
      raise ArgumentError, "the answer is not a JWK set" unless listed.is_a?(Array)

      listed.select { |jwk| signing_key?(jwk) }.to_h do |jwk|
        kid, x, y = jwk.values_at("kid", "x", "y")
        same = @keys[kid]
        [kid, same && [same.x, same.y] == [x, y] ? same : Key.new(x, y, ec_key(x, y))]
      end
    end

    # RFC 7517, section 5: keys of other kinds are ignored.
    def signing_key?(jwk)
      jwk.is_a?(Hash) && jwk["kty"] == "EC" && jwk["crv"] == "P-256" && jwk.fetch("use", "sig") == "sig" &&
        jwk.fetch("alg", "ES256") == "ES256" && jwk.values_at("kid", "x", "y").all?(String)
    end

    # The key of a point on P-256, by way of its SubjectPublicKeyInfo (RFC 5480).
    def ec_key(x, y)
      point = "\x04".b + [x, y].map { |part| part.tr("-_", "+/").unpack1("m") }.join
      algorithm = OpenSSL::ASN1::Sequence([OpenSSL::ASN1::ObjectId("id-ecPublicKey"), OpenSSL::ASN1::ObjectId("prime256v1")])
      OpenSSL::PKey::EC.new(OpenSSL::ASN1::Sequence([algorithm, OpenSSL::ASN1::BitString(point)]).to_der)
    end

    def life_seconds(response)
      cache_control = response["Cache-Control"].to_s
      return LEAST_LIFE_SECONDS if cache_control.match?(/(\A|[\s,])no-(store|cache)\b/i)

      max_age = cache_control[/(?:\A|[\s,])max-age="?(\d+)/i, 1]
      return MOST_LIFE_SECONDS unless max_age

      (max_age.to_i - response["Age"].to_i).clamp(LEAST_LIFE_SECONDS, MOST_LIFE_SECONDS)
    end
  end
end
