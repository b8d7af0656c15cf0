# frozen_string_literal: true

require_relative "helper"
require "rack/mock"

# The logins that Moor makes at a provider. The vectors are the same for the drop-ins of all languages.
class ProviderLoginTest < MoorTest
  VECTORS = JSON.parse(File.read(File.join(__dir__, "../../provider-logins.json"), encoding: "UTF-8"))

  def test_the_login_is_shown_that_the_handoff_tells
    VECTORS["shown"].each do |vector|
      login = @client.exchange(@fake.handoff(nil, login: vector["claim"])).provider_login
      assert_equal vector["login"], words(login), vector["name"]
    end
  end

  def test_no_login_is_shown_of_a_visitor_whom_no_provider_has_logged_in
    assert_nil @client.exchange(@fake.handoff).provider_login
    assert_nil @client.exchange(nil).provider_login
  end

  def test_a_login_is_refused_that_moor_cannot_have_written
    VECTORS["refused"].each do |vector|
      assert_equal("handoff-malformed", code { @client.exchange(@fake.handoff(nil, login: vector["claim"])) }, vector["name"])
    end
  end

  def test_an_application_of_rack_finds_it_in_its_environment
    vector = VECTORS["shown"].first
    app = ->(env) { [200, {}, [words(env["moor.exchange"].provider_login).to_json]] }
    mock = Rack::MockRequest.new(Moor::SessionStore.new(app, moor: @client))
    assert_equal vector["login"], JSON.parse(mock.get("/", "HTTP_MOOR_SESSION" => @fake.handoff(nil, login: vector["claim"])).body)
  end

  private

  # A login in the words of the vectors.
  def words(login)
    { "issuer" => login.issuer, "at" => login.at.to_i, "authAt" => login.auth_at&.to_i, "acr" => login.acr, "amr" => login.amr,
      "roles" => login.roles, "claims" => login.claims }
  end
end
