# frozen_string_literal: true

require_relative "error"
require_relative "http"
require_relative "merge"

module Moor
  # The session API of Moor. It reads and changes a session while its request's handoff is valid. Its methods raise Error `session-…`.
  class Api
    CODES = {
      "400" => "session-refused",
      "401" => "session-refused",
      "403" => "session-refused",
      "409" => "session-not-stored",
      "410" => "session-over",
      "412" => "session-changed",
      "413" => "session-refused"
    }.freeze

    # The session as Moor stores it now.
    Stored = Struct.new(:attributes, :version)

    def initialize(moor_url, token, timeout_seconds)
      @uri = URI("#{moor_url}/.moor/session")
      @token = token
      @timeout_seconds = timeout_seconds
    end

    # The session as it is stored.
    def read
      call(Net::HTTP::Get.new(@uri))
    end

    # Merges a patch (RFC 7396) into the attributes, and returns the result.
    def patch(patch)
      request = Net::HTTP::Patch.new(@uri)
      request["Content-Type"] = "application/merge-patch+json"
      request.body = Merge.to_json(patch)
      call(request)
    end

    private

    def call(request)
      request["Authorization"] = "Bearer #{@token}"
      response = Http.fetch(request, @timeout_seconds)
      raise fault(request.method, response) unless response.code == "200"

      stored(JSON.parse(response.body))
    rescue *Http::FAULTS
      raise Error.new("session-unavailable", "the session API does not answer #{request.method}")
    end

    def stored(answer)
      attributes, version = answer.values_at("attributes", "version") if answer.is_a?(Hash)
      return Stored.new(attributes, version) if attributes.is_a?(Hash) && version.is_a?(Integer)

      raise Error.new("session-unavailable", "the session API's answer is no session")
    end

    def fault(method, response)
      Error.new(CODES.fetch(response.code, "session-unavailable"), "the session API answers #{method} with #{response.code}")
    end
  end
end
