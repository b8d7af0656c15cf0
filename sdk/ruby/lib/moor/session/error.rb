# frozen_string_literal: true

module Moor
  # A fault with a `code`. The codes are a closed list; they are the same as in `moor/origin` for Node.
  class Error < StandardError
    STATUS = {
      "handoff-malformed" => 403,
      "handoff-untrusted" => 403,
      "handoff-misdirected" => 403,
      "handoff-expired" => 403,
      "keys-unavailable" => 503,
      "session-unavailable" => 503,
      "session-not-stored" => 500,
      "session-over" => 503,
      "session-changed" => 503,
      "session-refused" => 500,
      "change-too-large" => 500
    }.freeze

    attr_reader :code

    def initialize(code, message)
      super(message)
      @code = code
    end

    # The HTTP status that the fault leads to: 403 for a handoff that is refused, 503 if a later request can succeed, else 500.
    def http_status
      STATUS.fetch(code)
    end
  end
end
