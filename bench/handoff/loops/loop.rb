# frozen_string_literal: true

# CPU microseconds of Ruby for a handoff. The arguments: a file with a handoff in each line, and how many of the last lines count.

require "json"
require "openssl"
require_relative "../../../sdk/ruby/lib/moor-session"

def micros_of(handoffs)
  before = Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID)
  handoffs.each { |handoff| yield handoff }
  (Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID) - before) / handoffs.size * 1e6
end

file, count = ARGV
handoffs = File.readlines(file, chomp: true)
counted = handoffs.last(count.to_i)
client = Moor::Client.new
key = OpenSSL::PKey::EC.generate("prime256v1")
signature = key.sign("SHA256", handoffs.first)

micros_of(handoffs - counted) { |handoff| client.exchange(handoff) }
fresh = micros_of(counted) { |handoff| client.exchange(handoff) }
known = micros_of([counted.last] * counted.size) { |handoff| client.exchange(handoff) }
puts JSON.generate(fresh: fresh, known: known, signature: micros_of(counted) { key.verify("SHA256", signature, handoffs.first) })
