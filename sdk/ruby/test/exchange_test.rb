# frozen_string_literal: true

require_relative "helper"

# The session of one request.
class ExchangeTest < MoorTest
  def test_a_session_that_is_not_used_sends_nothing
    exchange, = stored({ "a" => 1 })
    assert_equal [], exchange.headers(nil)
  end

  def test_changes_above_4_kib_go_by_the_session_api_and_keep_the_changes_of_others
    exchange, id = stored({ "a" => 1 })
    values = exchange.load
    @fake.patch(id, { "other" => 2 })
    values["large"] = "x" * 5_000
    assert_equal [%w[Moor-Version 4]], exchange.headers(values)
    exchange.store_late(values)
    assert_equal 4, @fake.sessions[id].version
    exchange.store_late(values.merge("late" => 3))
    assert_equal({ "a" => 1, "other" => 2, "large" => "x" * 5_000, "late" => 3 }, @fake.sessions[id].attributes)
  end

  def test_a_new_session_sends_up_to_16_kib_by_headers_and_no_more
    headers = @client.exchange(@fake.handoff).headers({ "a" => "x" * 16_000 })
    assert_equal ["Moor-Patch"], headers.map(&:first)
    assert_equal("change-too-large", code { @client.exchange(@fake.handoff).headers({ "a" => "x" * 16_400 }) })
  end

  def test_everything_of_a_rotation_goes_by_headers
    exchange, = stored({})
    exchange.rotate
    assert_equal %w[Moor-Patch Moor-Rotate], exchange.headers({ "a" => "x" * 6_000 }).map(&:first)
  end

  def test_attributes_that_are_too_large_for_the_handoff_are_asked_for
    exchange, id = stored({ "a" => "x" * 3_000 })
    assert_equal({ "a" => "x" * 3_000 }, exchange.load)
    @fake.sessions.clear
    assert_equal("session-over", code { @client.exchange(@fake.handoff(id, sid: id, new: false)).load })
  end

  def test_a_session_is_never_empty_because_moor_does_not_answer
    client = Moor::Client.new(**@fake.settings, url: "http://127.0.0.1:1", now: -> { @now }, log: Logger.new(@log))
    exchange = client.exchange(@fake.handoff)
    assert_equal("keys-unavailable", code { exchange.load })
    assert_equal [], exchange.headers(nil)
  end

  def test_a_login_of_another_user_sends_everything_because_a_new_session_begins
    exchange, id = stored({ "a" => { "b" => 1 }, "c" => 2 }, sub: "alice")
    headers = exchange.headers({ "a" => { "b" => 1 }, "user" => "bob" })
    @fake.sessions[id].principal = "alice"
    after = @fake.apply(id, headers.group_by(&:first).transform_values { |lines| lines.map(&:last).join(", ") })
    refute_equal id, after
    assert_equal({ "a" => { "b" => 1 }, "user" => "bob" }, @fake.sessions[after].attributes)
  end

  def test_the_principal_goes_with_the_response_that_logs_in_alone
    exchange, = stored({ "user" => "alice" })
    exchange.rotate
    assert_equal [%w[Moor-Rotate 1]], exchange.headers(nil)
    exchange, = stored({})
    assert_includes exchange.headers({ "user" => [["Zoë 5%"], "salt"] }), ["Moor-Principal", "Zo%C3%AB%205%25"]
  end

  def test_a_logout_that_keeps_other_values_rotates_and_ends_if_there_are_none
    exchange, = stored({ "user" => "alice", "language" => "de" })
    assert_equal [["Moor-Patch", '{"user":null}'], %w[Moor-Rotate 1]], exchange.headers({ "language" => "de" })
    exchange, = stored({ "user" => "alice" })
    assert_equal [%w[Moor-End 1]], exchange.headers({})
  end

  def test_a_change_after_the_headers_of_a_rotation_is_refused_and_logged
    exchange, = stored({})
    exchange.rotate
    exchange.headers({ "a" => 1 })
    assert_equal("session-over", code { exchange.store_late({ "a" => 2 }) })
    exchange.finish({ "a" => 2 })
    assert_includes @log.string, "a change after the headers is lost (session-over)"
  end

  def test_a_request_without_a_handoff_has_an_empty_session_and_drops_changes_with_a_line_in_the_log
    exchange = @client.exchange(nil, path: "/health")
    assert_equal [{}, nil, true], [exchange.load, exchange.id, exchange.new?]
    assert_equal [], exchange.headers({ "a" => 1 })
    assert_includes @log.string, "/health came without a handoff"
  end

  def test_settings_without_an_issuer_or_an_audience_are_refused
    [{ audience: "a" }, { issuer: "https://a.test" }, { issuer: "a.test", audience: "a" }].each do |settings|
      assert_match(/MOOR_/, assert_raises(ArgumentError) { Moor::Client.new(**settings) }.message)
    end
  end
end
