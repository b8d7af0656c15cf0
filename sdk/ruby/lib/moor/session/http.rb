# frozen_string_literal: true

require "json"
require "net/http"
require "openssl"

module Moor
  # Requests to Moor. They follow no redirect, which could carry the handoff elsewhere.
  module Http
    # The faults of a request that gets no answer, or an answer that is not JSON.
    FAULTS = [
      SystemCallError, SocketError, IOError, Timeout::Error, OpenSSL::SSL::SSLError, Net::ProtocolError, Net::HTTPBadResponse,
      JSON::ParserError
    ].freeze

    # Sends a request, and returns the response. Raises one of FAULTS if none comes in time.
    def self.fetch(request, timeout_seconds)
      uri = request.uri
      request["Accept"] = "application/json"
      options = { use_ssl: uri.scheme == "https", open_timeout: timeout_seconds, read_timeout: timeout_seconds, max_retries: 0 }
      Net::HTTP.start(uri.host, uri.port, **options) { |http| http.request(request) }
    end
  end
end
