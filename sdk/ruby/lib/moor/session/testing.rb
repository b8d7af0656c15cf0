# frozen_string_literal: true

require "json"
require "openssl"
require "rack"
require "securerandom"
require "socket"
require_relative "merge"

module Moor
  # For the tests of an application: a small fake Moor, with sessions in memory.
  module Testing
    # Serves Moor's keys and session API on loopback, signs handoffs, and applies the headers of responses.
    class FakeMoor
      ISSUER = "https://moor.test"
      AUDIENCE = "test"
      # Attributes above this size do not travel in the handoff.
      MOST_DATA_BYTES = 2_048
      LIFE_SECONDS = 60
      HEADERS = %w[moor-patch moor-principal moor-rotate moor-end moor-version].freeze

      # A session as the fake Moor stores it.
      Session = Struct.new(:attributes, :version, :generation, :principal)

      # The stored sessions by their ids, the address of the server, and the `Cache-Control` of the keys, if they have one.
      attr_reader :sessions, :url
      attr_accessor :cache_control

      # `now` is its clock, in seconds since 1970.
      def initialize(now: -> { Time.now.to_f })
        @now = now
        @sessions = {}
        @changing = Mutex.new
        new_key
        @server = TCPServer.new("127.0.0.1", 0)
        @url = "http://127.0.0.1:#{@server.addr[1]}"
        @thread = Thread.new { loop { serve(@server.accept) } }
        @thread.report_on_exception = false
      end

      # Ends the server.
      def close
        @thread.kill.join
        @server.close
      end

      # The settings of a drop-in, as arguments of Moor::Client.
      def settings
        { issuer: ISSUER, audience: AUDIENCE, url: @url }
      end

      # Signs and publishes with another key from now on.
      def new_key
        @key = OpenSSL::PKey::EC.generate("prime256v1")
        @kid = SecureRandom.urlsafe_base64(32)
      end

      # The published keys (RFC 7517).
      def key_set
        point = @key.public_key.to_octet_string(:uncompressed)
        { keys: [{ kty: "EC", crv: "P-256", x: base64(point[1, 32]), y: base64(point[33, 32]), kid: @kid, use: "sig", alg: "ES256" }] }
      end

      # The `Moor-Session` header of a request of this session; without an id, of a visitor without a session.
      def handoff(id = nil, **claims)
        now = @now.call.to_i
        told = { iss: ISSUER, aud: AUDIENCE, iat: now, exp: now + LIFE_SECONDS, **told(id), **claims }
        text = [{ alg: "ES256", kid: @kid, typ: "JWT" }, told].map { |part| base64(JSON.generate(part)) }.join(".")
        numbers = OpenSSL::ASN1.decode(@key.sign("SHA256", text)).value.map { |number| number.value.to_s(2).rjust(32, "\0") }
        "#{text}.#{base64(numbers.join)}"
      end

      # Does the work that the headers of a response ask for. Returns the id of the visitor's session after that, or nil.
      #
      # Raises ArgumentError for headers that Moor would refuse.
      def apply(id, headers)
        asked = headers.to_h.transform_keys(&:downcase).select { |name, _| name.start_with?("moor-") }
        unknown = asked.keys - HEADERS
        raise ArgumentError, "Moor refuses #{unknown.join(", ")}" unless unknown.empty?
        raise ArgumentError, "Moor refuses so many bytes of patches" if asked["moor-patch"].to_s.length > Merge::MOST_PATCH_BYTES

        @changing.synchronize { work(id, asked) }
      end

      # Merges a patch into a stored session.
      def patch(id, patch)
        @changing.synchronize { patched(id, [patch]) }
      end

      private

      def work(id, asked)
        return @sessions.delete(id) && nil if asked.key?("moor-end")

        patches = JSON.parse("[#{asked["moor-patch"]}]")
        principal = asked["moor-principal"]
        rotates = principal || asked.key?("moor-rotate")
        return id if patches.empty? && !rotates

        id = fresh(id) if another?(id, principal)
        session = patched(id, patches)
        session.generation += 1 if rotates
        session.principal = principal || session.principal
        id
      end

      # Whether the change begins another session.
      def another?(id, principal)
        session = @sessions[id]
        session.nil? || (principal && ![nil, principal].include?(session.principal))
      end

      def fresh(id)
        @sessions.delete(id)
        SecureRandom.urlsafe_base64(16).tap { |fresh| @sessions[fresh] = Session.new({}, 0, 0, nil) }
      end

      def patched(id, patches)
        session = @sessions.fetch(id)
        session.attributes = patches.reduce(session.attributes) { |attributes, patch| Merge.merged(attributes, patch) }
        session.version += 1
        session
      end

      def told(id)
        session = @sessions[id]
        return { gen: 0, ver: 0, new: true } unless session

        told = { sid: id, gen: session.generation, ver: session.version }
        told[:sub] = session.principal if session.principal
        told[:data] = session.attributes if JSON.generate(session.attributes).bytesize <= MOST_DATA_BYTES
        told
      end

      def serve(socket)
        method, path = socket.gets.split
        headers = {}
        while (line = socket.gets.chomp) != ""
          name, value = line.split(": ", 2)
          headers[name.downcase] = value
        end
        status, content = answer(method, path, headers, socket.read(headers["content-length"].to_i))
        body = JSON.generate(content)
        cache_control = "Cache-Control: #{@cache_control}\r\n" if @cache_control
        socket.write("HTTP/1.1 #{status} -\r\n#{cache_control}Content-Length: #{body.bytesize}\r\nConnection: close\r\n\r\n#{body}")
      ensure
        socket.close
      end

      def answer(method, path, headers, body)
        return [200, key_set] if path == "/.moor/jwks.json"

        id = JSON.parse(headers["authorization"].split(".")[1].tr("-_", "+/").unpack1("m"))["sid"]
        return [409, { title: "The session is not stored." }] if id.nil?
        return [410, { title: "The session has ended." }] unless @sessions.key?(id)

        patch(id, JSON.parse(body)) if method == "PATCH"
        [200, { id: id, **@sessions[id].to_h }]
      end

      def base64(bytes)
        [bytes].pack("m0").tr("+/", "-_").delete("=")
      end
    end

    # A Rack application that hands sessions to another, as Moor does, for `rack-test` and the like. A cookie keeps the session's id.
    class Front
      COOKIE = "fake-moor"

      def initialize(app, moor)
        @app = app
        @moor = moor
      end

      def call(env)
        id = Rack::Request.new(env).cookies[COOKIE]
        id = nil if id == ""
        status, headers, body = @app.call(env.merge("HTTP_MOOR_SESSION" => @moor.handoff(id)))
        after = @moor.apply(id, headers.to_h)
        headers = headers.to_h.reject { |name, _| name.downcase.start_with?("moor-") }
        Rack::Utils.set_cookie_header!(headers, COOKIE, { value: after.to_s, path: "/" }) if after != id
        [status, headers, body]
      end
    end
  end
end
