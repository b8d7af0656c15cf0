# frozen_string_literal: true

require_relative "session/version"
require_relative "session/error"
require_relative "session/client"
require_relative "session/rack_store"
require_relative "session/rails_store" if defined?(Rails)
