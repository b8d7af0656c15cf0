# frozen_string_literal: true

require_relative "helper"
require "bigdecimal"
require "set"

# Values of a session on their way to attributes and back, and the patches that carry them.
class ValuesTest < MoorTest
  JSON_VALUES = [true, 0, -(2**53) + 1, 0.5, "", "桃 🍑", "ascii".encode("US-ASCII"), [nil, [1, "x"]], { "a" => { "b" => [{}] } }].freeze
  TAGGED = [
    1.0, 2**53, Float::INFINITY, "\xFF".b, "\xFF", :symbol, { a: 1 }, { "a" => nil }, { "$php" => "AAAA" }, { "$ruby" => "AAAA" },
    Time.at(1_709_209_800, 5), Set[1], BigDecimal("0.1"), Hash.new(0).merge("a" => 1), 1..2
  ].freeze

  def encode(values, stored = {})
    Moor::Values.encode(values, stored, Marshal)
  end

  def decode(attributes)
    Moor::Values.decode(attributes, Marshal, Logger.new(@log))
  end

  def test_values_that_json_brings_back_as_they_were_travel_as_json
    JSON_VALUES.each { |value| assert_equal({ "a" => value }, encode({ "a" => value })) }
  end

  def test_values_of_other_kinds_come_back_with_their_class
    TAGGED.each do |value|
      attributes = encode({ "a" => value })
      assert_equal ["$ruby"], attributes["a"].keys, value.inspect
      back = decode(attributes)["a"]
      assert_equal [value, value.class], [back, back.class]
    end
  end

  def test_a_hash_keeps_its_default
    assert_equal 0, decode(encode({ "a" => Hash.new(0) }))["a"]["none"]
  end

  def test_nil_removes_a_value
    assert_equal({ "b" => 1 }, encode({ "a" => nil, "b" => 1 }))
  end

  def test_a_value_that_cannot_be_kept_is_a_type_error_that_names_it
    error = assert_raises(TypeError) { encode({ "order" => -> {} }) }
    assert_includes error.message, "order"
  end

  def test_a_value_of_another_language_stays_as_it_is
    stored = { "a" => { "$php" => "AAAA" }, "b" => 1 }
    assert_equal stored, encode(decode(stored), stored)
  end

  def test_a_value_that_cannot_be_read_is_left_out_and_logged
    assert_equal({ "b" => 1 }, decode({ "a" => { "$ruby" => "???" }, "b" => 1 }))
    assert_includes @log.string, '"a" of the session cannot be read'
  end

  def test_values_are_copies
    stored = { "a" => [+"x"] }
    decode(stored)["a"].first << "y"
    assert_equal({ "a" => ["x"] }, stored)
  end

  def test_a_patch_has_the_members_that_differ_alone
    before = { "same" => { "a" => 1 }, "object" => { "a" => 1, "b" => { "c" => 1 } }, "gone" => 1, "kind" => 1 }
    after = { "same" => { "a" => 1 }, "object" => { "a" => 1, "b" => { "d" => 2 } }, "kind" => "1", "new" => [] }
    patch = Moor::Merge.diff(before, after)
    assert_equal({ "gone" => nil, "object" => { "b" => { "c" => nil, "d" => 2 } }, "kind" => "1", "new" => [] }, patch)
    assert_equal after, Moor::Merge.merged(before, patch)
  end

  def test_a_patch_becomes_lines_of_ascii_below_4_kib
    lines = Moor::Merge.lines((0...20).to_h { |index| ["ä#{index}", "\u007f桃\r\n" * 90] })
    assert(lines.all? { |line| line.match?(/\A[ -~]{1,4000}\z/) })
    assert_operator lines.size, :>, 1
  end
end
