# frozen_string_literal: true

require_relative "helper"
require "rack/lint"
require "rack/mock"

# The session store of Rack, tested as an application tests itself: with a mock of requests and the fake Moor.
class RackStoreTest < MoorTest
  # A browser in front of an application, with cookies.
  def browser(&app)
    store = Moor::SessionStore.new(app, moor: @client)
    mock = Rack::MockRequest.new(Moor::Testing::Front.new(store, @fake))
    cookie = ""
    lambda do |path = "/"|
      response = mock.get(path, "HTTP_COOKIE" => cookie)
      cookie = response["Set-Cookie"].split(";").first if response["Set-Cookie"]
      response
    end
  end

  def test_the_session_is_kept
    visit = browser do |env|
      session = env["rack.session"]
      session["visits"] = (session["visits"] || 0) + 1
      [200, {}, [session["visits"].to_s]]
    end
    assert_equal %w[1 2 3], Array.new(3) { visit.call.body }
  end

  def test_a_page_that_only_reads_stores_nothing
    visit = browser { |env| [200, {}, [env["rack.session"]["a"].inspect]] }
    assert_equal "nil", visit.call.body
    assert_empty @fake.sessions
  end

  def test_a_change_while_the_body_is_sent_is_stored
    visit = browser do |env|
      session = env["rack.session"]
      body = Enumerator.new do |out|
        out << "x"
        session["late"] = true
      end
      session["first"] = true
      [200, {}, env["PATH_INFO"] == "/late" ? body : ["x"]]
    end
    visit.call
    visit.call("/late")
    assert_equal([{ "first" => true, "late" => true }], @fake.sessions.values.map(&:attributes))
  end

  def test_the_headers_of_the_application_count_because_nginx_counts_them_too
    id = @fake.apply(nil, { "Moor-Rotate" => "1" })
    app = lambda do |env|
      env["rack.session"]["a"] = "x" * 600
      [200, { "X-Long" => "x" * 3_500 }, []]
    end
    store = Moor::SessionStore.new(app, moor: @client)
    headers = store.call(Rack::MockRequest.env_for("/", "HTTP_MOOR_SESSION" => @fake.handoff(id)))[1]
    assert_equal "2", headers["Moor-Version"]
  end

  def test_a_late_change_is_stored_before_the_body_ends
    id = @fake.apply(nil, { "Moor-Rotate" => "1" })
    app = lambda do |env|
      env["rack.session"]["first"] = true
      body = Enumerator.new { env["rack.session"]["late"] = true }
      [200, {}, body]
    end
    store = Moor::SessionStore.new(app, moor: @client)
    body = store.call(Rack::MockRequest.env_for("/", "HTTP_MOOR_SESSION" => @fake.handoff(id))).last
    body.each { flunk }
    assert_equal({ "late" => true }, @fake.sessions[id].attributes)
  end

  def test_options_of_the_session_skip_drop_and_renew_it
    visit = browser do |env|
      session = env["rack.session"]
      session["a"] = session["a"].to_i + 1
      option = env["PATH_INFO"].delete_prefix("/")
      env["rack.session.options"][option.to_sym] = true unless option.empty?
      [200, {}, [session.id.to_s]]
    end
    visit.call
    generation = -> { @fake.sessions.values.map(&:generation) }
    assert_equal [0], generation.call
    visit.call("/renew")
    assert_equal [1], generation.call
    visit.call("/skip")
    assert_equal([2], @fake.sessions.values.map { |session| session.attributes["a"] })
    visit.call("/drop")
    assert_empty @fake.sessions
  end

  def test_a_cleared_session_that_is_used_again_goes_by_a_new_token
    visit = browser do |env|
      session = env["rack.session"]
      session["old"] = 1 if env["PATH_INFO"] == "/"
      session.clear if env["PATH_INFO"] == "/clear"
      session["new"] = 1
      [200, {}, []]
    end
    visit.call
    visit.call("/clear")
    assert_equal([[{ "new" => 1 }, 1]], @fake.sessions.values.map { |session| [session.attributes, session.generation] })
  end

  def test_a_handoff_that_is_refused_is_403_and_unavailable_keys_are_503
    moor = Moor::Client.new(**@fake.settings, url: "http://127.0.0.1:1", now: -> { @now }, log: Logger.new(@log))
    app = ->(env) { [200, {}, [env["PATH_INFO"] == "/used" ? env["rack.session"]["a"].to_s : "x"]] }
    statuses = lambda do |client, token|
      mock = Rack::MockRequest.new(Moor::SessionStore.new(app, moor: client))
      %w[/used /unused].map { |path| mock.get(path, "HTTP_MOOR_SESSION" => token).status }
    end
    assert_equal [403, 403], statuses.call(@client, "x.y.z")
    assert_equal [503, 200], statuses.call(moor, @fake.handoff)
  end

  def test_a_body_that_is_a_file_stays_a_file
    file = Rack::Files.new(__dir__).call(Rack::MockRequest.env_for("/helper.rb"))
    store = Moor::SessionStore.new(->(_) { file }, moor: @client)
    body = store.call(Rack::MockRequest.env_for("/", "HTTP_MOOR_SESSION" => @fake.handoff)).last
    assert_equal File.join(__dir__, "helper.rb"), body.to_path
  end
end
