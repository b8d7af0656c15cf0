# frozen_string_literal: true

require_relative "moor/session"
