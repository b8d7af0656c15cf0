# frozen_string_literal: true

require "json"

module Moor
  # JSON merge patches (RFC 7396).
  module Merge
    # How many bytes the `Moor-Patch` headers of a response may carry together.
    MOST_PATCH_BYTES = 16_384
    # Servers in front of an application refuse long header lines: nginx above 4,096 bytes by default.
    LINE_BYTES = 4_000

    module_function

    # The smallest merge patch that turns `before` into `after`; empty if they are the same. Members that did not change are left out, so
    # that the changes of other requests to them survive.
    def diff(before, after)
      patch = (before.keys - after.keys).to_h { |name| [name, nil] }
      after.each do |name, value|
        old = before[name]
        if old.is_a?(Hash) && value.is_a?(Hash)
          inner = diff(old, value)
          patch[name] = inner unless inner.empty?
        elsif !before.key?(name) || to_json(old) != to_json(value)
          patch[name] = value
        end
      end
      patch
    end

    # The target with a merge patch applied. Neither argument is changed.
    def merged(target, patch)
      patch.each_with_object(target.dup) do |(name, value), result|
        if value.nil?
          result.delete(name)
        elsif value.is_a?(Hash)
          inner = result[name]
          result[name] = merged(inner.is_a?(Hash) ? inner : {}, value)
        else
          result[name] = value
        end
      end
    end

    # JSON in ASCII, as a header must have it.
    def to_json(value)
      JSON.generate(value, ascii_only: true).gsub("\u007f", '\u007f')
    end

    # The values of the `Moor-Patch` headers that carry a patch. A line is short where possible; a single attribute may exceed it.
    def lines(patch)
      lines = []
      patch.each do |name, value|
        member = "#{to_json(name)}:#{to_json(value)}"
        if lines.empty? || lines.last.length + member.length + 3 > LINE_BYTES
          lines << member
        else
          lines[-1] = "#{lines.last},#{member}"
        end
      end
      lines.map { |line| "{#{line}}" }
    end
  end
end
