# frozen_string_literal: true

module Moor
  module Session
    VERSION = "0.1.0"
  end
end
