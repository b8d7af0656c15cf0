# frozen_string_literal: true

require_relative "error"
require_relative "merge"
require_relative "values"

module Moor
  # The session that a request came with, and the changes that are not yet on their way to Moor.
  class Exchange
    # Larger changes go through the session API: nginx in front of an application takes this many bytes of headers by default.
    MOST_HEADER_BYTES = 4_096
    MOST_PRINCIPAL_CHARACTERS = 256

    # The Error because of which the session could not be read, if there was one.
    attr_reader :fault

    # `verified` returns the handoff, or nil if the request has none. `api` is nil for such a request. `principal_key` names the value that
    # holds the id of the user who is logged in, if there is such a value.
    def initialize(verified:, api:, serializer:, principal_key:, path:, log:)
      @verified = verified
      @api = api
      @serializer = serializer
      @principal_key = principal_key
      @path = path
      @log = log
      @stored = nil
      @cleared = false
      @rotates = false
    end

    # Moor's id of the session; nil as long as the session is not stored.
    def id
      handoff&.id
    end

    # Whether the session is not stored yet.
    def new?
      id.nil?
    end

    # How the visitor has logged in at a provider: a ProviderLogin, or nil unless Moor has logged them in.
    def provider_login
      handoff&.provider_login
    end

    # The values, free to be changed. They are asked of the session API if they were too large for the handoff. Raises Error.
    def load
      @cleared ? {} : Values.decode(attributes, @serializer, @log)
    end

    # Gives the visitor a new generation of their token.
    def rotate
      @rotates = true
    end

    # Begins the session anew: with the response, everything is removed that the request was shown, and the token rotates.
    def clear
      @cleared = true
    end

    # The headers that carry the changes, to be put on the response. nil: the values were not used. `other_bytes` is the length of the
    # response's other headers.
    #
    # Large changes are stored here, by the session API. Raises TypeError for a value that cannot be kept, and Error if the changes cannot
    # be stored; then no part of them is.
    def headers(values, other_bytes: 0)
      return [] if values.nil? && !@rotates && !@cleared

      after = encoded(values || load)
      return drop(after) if handoff.nil?
      return [] if new? && after.empty?

      logs_out = attributes.key?(@principal_key) && !after.key?(@principal_key)
      return done(after, rotates: true, headers: [["Moor-End", "1"]]) if (@cleared || logs_out) && after.empty?

      principal = new_principal(after)
      starts_over = @cleared || (principal && ![nil, principal].include?(handoff.principal))
      rotates = @rotates || @cleared || logs_out || !principal.nil?
      headers = changes(after, starts_over, rotates, other_bytes)
      headers << ["Moor-Principal", principal] if principal
      headers << ["Moor-Rotate", "1"] if rotates && (principal.nil? || starts_over)
      done(after, rotates: rotates, headers: headers)
    end

    # Stores changes after the headers are sent, by the session API. Raises as `headers` does.
    def store_late(values)
      after = encoded(values)
      patch = Merge.diff(attributes, after)
      return if patch.empty?
      return drop(after) if @api.nil?
      raise Error.new("session-over", "the response has rotated the session: its changes go with its headers") if @rotates || @cleared

      @api.patch(patch)
      @stored = after
    end

    # The same, for the end of a response: a change that cannot be stored is an error in the log.
    def finish(values)
      store_late(values)
    rescue Error => fault
      @log.error("a change after the headers is lost (#{fault.code}): #{fault.message}")
    end

    private

    def handoff
      noting_fault { @verified.call }
    end

    def attributes
      @stored ||= handoff.nil? ? {} : handoff.attributes || noting_fault { @api.read.attributes }
    end

    def noting_fault
      yield
    rescue Error => fault
      @fault = fault
      raise
    end

    # Values as attributes, with the attributes that cannot be read.
    def encoded(values)
      stored = @cleared ? {} : attributes
      shown = load
      hidden = stored.reject { |name, _| shown.key?(name) }
      hidden.merge(Values.encode(values, stored, @serializer))
    end

    def changes(after, starts_over, rotates, other_bytes)
      lines = starts_over ? Merge.lines(attributes.transform_values { nil }) : []
      patch = Merge.diff(starts_over ? {} : attributes, after)
      lines += Merge.lines(patch)
      bytes = lines.sum { |line| "Moor-Patch: #{line}\r\n".length }
      by_api = !patch.empty? && other_bytes + bytes > MOST_HEADER_BYTES && !rotates && !new?
      return [["Moor-Version", @api.patch(patch).version.to_s]] if by_api
      return lines.map { |line| ["Moor-Patch", line] } if lines.join(", ").length <= Merge::MOST_PATCH_BYTES

      raise Error.new("change-too-large", "the changes have #{bytes} bytes; one response carries #{Merge::MOST_PATCH_BYTES}")
    end

    # The user that this response logs in, if it does. Warden has the id of a user in a list.
    def new_principal(after)
      value = after[@principal_key]
      return if value.nil? || (!@cleared && value == attributes[@principal_key])

      user = [value].flatten.first
      principal_of(user) if user.is_a?(Integer) || (user.is_a?(String) && !user.empty?)
    end

    def principal_of(user)
      principal = Values.principal_of(user)
      return principal if principal.length <= MOST_PRINCIPAL_CHARACTERS

      raise Error.new("change-too-large", "the id of the user has more than #{MOST_PRINCIPAL_CHARACTERS} characters")
    end

    def drop(after)
      @log.warn("a change of the session is dropped: the request of #{@path} came without a handoff of Moor") unless after.empty?
      done(after, rotates: false, headers: [])
    end

    def done(after, rotates:, headers:)
      @stored = after
      @cleared = false
      @rotates = rotates
      headers
    end
  end
end
