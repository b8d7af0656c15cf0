# frozen_string_literal: true

module Moor
  # How a visitor has logged in at a provider, which Moor asked before the request reached this server.
  #
  # `issuer` is the OpenID Connect provider, and the principal is its `sub`. `at` is the time at which Moor saw the login. `auth_at` is the
  # time at which the provider saw the visitor prove who they are, and `acr` the method; both are nil if the provider did not say. `roles` are
  # the roles of Moor's configuration that the visitor has, and `claims` the claims that it names; empty if the pool sees only some attributes.
  ProviderLogin = Struct.new(:issuer, :at, :auth_at, :acr, :amr, :roles, :claims, keyword_init: true) do
    # Reads the claim `login` of a handoff. Returns nil if Moor cannot have written it.
    def self.read(claim)
      return unless claim.is_a?(Hash)

      claim = { "amr" => [], "claims" => {} }.merge(claim)
      times = %w[at auth_at].select { |name| name == "at" || claim.key?(name) }
      texts = %w[iss acr].select { |name| name == "iss" || claim.key?(name) }
      right = times.all? { |name| claim[name].is_a?(Integer) && claim[name] >= 0 } &&
              texts.all? { |name| claim[name].is_a?(String) } &&
              %w[amr roles].all? { |name| texts?(claim[name]) } && claim["claims"].is_a?(Hash)
      from(claim) if right
    end

    def self.texts?(values)
      values.is_a?(Array) && values.all?(String)
    end
    private_class_method :texts?

    def self.from(claim)
      auth_at = claim["auth_at"]
      new(issuer: claim["iss"], at: Time.at(claim["at"]).utc, auth_at: auth_at && Time.at(auth_at).utc, acr: claim["acr"],
          amr: claim["amr"], roles: claim["roles"], claims: claim["claims"])
    end
    private_class_method :from
  end
end
