# frozen_string_literal: true

require "logger"

module Moor
  # The values of a session, as attributes hold them.
  module Values
    # An object with this member alone holds the base64 of a value that is not JSON.
    TAG = "$ruby"
    # How deep a value may nest and still travel as JSON. Moor lets a patch nest two levels deeper.
    MOST_LEVELS = 30

    module_function

    # The principal for the id of a user: each "%" and each byte that is not visible ASCII is percent-encoded.
    def principal_of(user)
      user.to_s.b.gsub(/[^!-~]|%/n) { |byte| format("%%%02X", byte.ord) }
    end

    # Values as attributes. Raises TypeError if the serializer cannot keep a value. nil removes a value, as in every session of Rack.
    def encode(values, stored, serializer)
      values.compact.to_h { |name, value| [name, encoded(name, value, stored[name], serializer)] }
    end

    # Attributes as new values, without the attributes that cannot be read.
    def decode(attributes, serializer, log)
      attributes.each_with_object({}) do |(name, attribute), values|
        values[name] = decoded(attribute, serializer)
      rescue StandardError => fault
        log.warn("the attribute #{name.inspect} of the session cannot be read: #{fault.class}")
      end
    end

    # Whether an attribute can hold this value as JSON, and gives exactly this value back.
    #
    # A merge patch cannot keep a nil in a hash. Moor's numbers round integers beyond 2**53, and make 1 of 1.0. JSON makes a text of a
    # symbol, and loses the default of a hash.
    def json?(value, levels = MOST_LEVELS)
      case value
      when true, false then true
      when Integer then value.abs < 2**53
      when Float then value.finite? && value != value.floor
      when String then value.instance_of?(String) && text?(value)
      when Array then levels.positive? && array?(value, levels - 1)
      when Hash then levels.positive? && hash?(value, levels - 1)
      else false
      end
    end

    def encoded(name, value, stored, serializer)
      raise TypeError, "#{name.inspect} cannot be the name of a value in a session" unless text?(name)
      return value if json?(value) && !tagged?(value)
      # A value with the tag of another language is shown as the object that it is, and stays it.
      return stored if tagged?(value) && value == stored

      { TAG => [serializer.dump(value)].pack("m0") }
    rescue TypeError, ArgumentError => fault
      raise TypeError, "the value of #{name.inspect} cannot be kept in a session: #{fault.message}"
    end

    def decoded(attribute, serializer)
      return serializer.load(attribute[TAG].unpack1("m0")) if tagged?(attribute) && attribute.key?(TAG)

      Marshal.load(Marshal.dump(attribute))
    end

    def tagged?(value)
      value.is_a?(Hash) && value.size == 1 && value.each_key.first.to_s.start_with?("$")
    end

    def text?(value)
      value.encoding == Encoding::UTF_8 ? value.valid_encoding? : value.ascii_only?
    end

    def array?(value, levels)
      value.instance_of?(Array) && value.all? { |item| item.nil? || json?(item, levels) }
    end

    def hash?(value, levels)
      value.instance_of?(Hash) && value.default.nil? && value.default_proc.nil? &&
        value.all? { |name, item| name.instance_of?(String) && text?(name) && json?(item, levels) }
    end
  end
end
