# frozen_string_literal: true

require_relative "lib/moor/session/version"

Gem::Specification.new do |spec|
  spec.name = "moor-session"
  spec.version = Moor::Session::VERSION
  spec.summary = "Sessions that Moor keeps: drop-ins for Rack, Sinatra and Rails"
  spec.authors = ["Moor contributors"]
  spec.license = "MIT"
  spec.required_ruby_version = ">= 3.0"
  spec.files = Dir["lib/**/*.rb"] + %w[README.md LICENSE]
  spec.add_dependency "rack", ">= 2.2", "< 3"
end
