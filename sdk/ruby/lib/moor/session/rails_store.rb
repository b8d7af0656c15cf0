# frozen_string_literal: true

require "action_dispatch"
require "action_dispatch/middleware/session/abstract_store"
require_relative "rack_store"

module ActionDispatch
  module Session
    # The sessions of a Rails application: `config.session_store :moor_store`. The id of the user is the value of Devise by default.
    class MoorStore < AbstractSecureStore
      include Moor::RackStore

      def initialize(app, options = {})
        super(app, { principal_key: "warden.user.user.key" }.merge(options))
      end
    end
  end
end
