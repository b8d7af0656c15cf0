# frozen_string_literal: true

require_relative "helper"

# Moor's public keys, as a server keeps them.
class KeySetTest < MoorTest
  def use(token = @fake.handoff)
    code { @client.exchange(token).load }
  end

  def test_keys_are_read_once_for_five_minutes_without_a_cache_control
    assert_equal ["ok", "ok", 1], [use, use, @fake.reads]
    @now += 299
    assert_equal ["ok", 1], [use, @fake.reads]
    @now += 2
    assert_equal ["ok", 2], [use, @fake.reads]
  end

  def test_keys_are_read_again_after_the_time_that_cache_control_says
    @fake.cache_control = "max-age=60"
    use
    @now += 61
    assert_equal ["ok", 2], [use, @fake.reads]
  end

  def test_keys_count_for_30_seconds_at_least_whatever_cache_control_says
    ["no-store", "max-age=1", "max-age=0, private"].each.with_index(1) do |cache_control, reads|
      @fake.cache_control = cache_control
      @now += 301
      use
      @now += 29
      assert_equal ["ok", reads], [use, @fake.reads]
    end
  end

  def test_a_key_that_has_left_the_set_is_refused_as_soon_as_the_set_is_read_again
    old = @fake.handoff(exp: 2_000_000)
    use
    @fake.new_key
    @now += 301
    assert_equal "handoff-untrusted", use(old)
  end

  def test_keys_are_read_again_for_an_unknown_key_but_only_every_5_seconds
    use
    @fake.new_key
    assert_equal ["ok", 2], [use, @fake.reads]
    @fake.new_key
    assert_equal ["handoff-untrusted", "handoff-untrusted", 2], [use, use, @fake.reads]
    @now += 5
    assert_equal ["ok", 3], [use, @fake.reads]
  end

  def test_keys_stay_in_use_for_an_hour_while_they_cannot_be_read
    use
    @fake.fails = true
    @now += 3_560
    assert_equal ["ok", 2], [use, @fake.reads]
    @now += 29
    assert_equal ["ok", 2], [use, @fake.reads]
    @now += 1
    assert_equal ["ok", 3], [use, @fake.reads]
    @now += 10
    assert_equal ["keys-unavailable", 4], [use, @fake.reads]
  end

  def test_keys_that_cannot_be_read_at_first_are_asked_for_every_5_seconds
    @fake.fails = true
    assert_equal ["keys-unavailable", "keys-unavailable", 1], [use, use, @fake.reads]
    @now += 5
    @fake.fails = false
    assert_equal ["ok", 2], [use, @fake.reads]
  end
end
