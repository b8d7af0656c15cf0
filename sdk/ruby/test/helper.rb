# frozen_string_literal: true

require "minitest/autorun"
require "stringio"
require "moor/session"
require "moor/session/testing"

# A test with a fake Moor, a client of it, and a clock.
class MoorTest < Minitest::Test
  def setup
    @now = 1_000_000.0
    @log = StringIO.new
    @fake = CountingMoor.new(now: -> { @now })
    @client = Moor::Client.new(**@fake.settings, now: -> { @now }, log: Logger.new(@log))
  end

  def teardown
    @fake.close
  end

  # An exchange of a stored session with these attributes, and its id.
  def stored(attributes, **claims)
    id = @fake.apply(nil, { "Moor-Rotate" => "1" })
    @fake.patch(id, attributes)
    [@client.exchange(@fake.handoff(id, **claims), principal_key: "user"), id]
  end

  # The code of the error that a block raises.
  def code
    yield
    "ok"
  rescue Moor::Error => fault
    fault.code
  end
end

# A fake Moor that counts how often its keys are read, and may fail to give them.
class CountingMoor < Moor::Testing::FakeMoor
  attr_reader :reads
  attr_writer :fails

  def key_set
    @reads = @reads.to_i + 1
    @fails ? nil : super
  end
end
