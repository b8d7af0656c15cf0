# A basket behind Moor. Ruby with jwt and webrick (Debian: ruby, ruby-jwt, ruby-webrick).

require "cgi"
require "json"
require "jwt"
require "net/http"
require "webrick"

ISSUER = ENV.fetch("MOOR_ISSUER")
AUDIENCE = ENV.fetch("MOOR_AUDIENCE")
MOOR_URL = ENV.fetch("MOOR_URL", ISSUER)
KEYS_SECONDS = 300
KEYS_AGAIN_SECONDS = 30

# Moor did not answer.
class MoorUnavailable < StandardError; end

# Moor's public keys, for 5 minutes.
class KeySet
  def initialize
    @mutex = Mutex.new
    @keys = nil
    @read_at = @read_again_at = -Float::INFINITY
  end

  # What JWT.decode takes as `jwks`: it calls this again, with :kid_not_found, when a kid is not among the keys.
  def call(options)
    read_again if options[:kid_not_found]
    @mutex.synchronize do
      read if now - @read_at > KEYS_SECONDS
      @keys
    end
  end

  # For a handoff that none of them fits: at most every 30 seconds.
  def read_again
    @mutex.synchronize do
      next if now - @read_again_at < KEYS_AGAIN_SECONDS

      @read_again_at = now
      read
    end
  end

  private

  def read
    @keys = ask_moor("/.moor/jwks.json")
    @read_at = now
  end

  def now
    Process.clock_gettime(Process::CLOCK_MONOTONIC)
  end
end

def ask_moor(path, headers = {})
  uri = URI(MOOR_URL + path)
  options = { use_ssl: uri.scheme == "https", open_timeout: 5, read_timeout: 5 }
  response = Net::HTTP.start(uri.host, uri.port, **options) { |http| http.get(uri, headers) }
  raise MoorUnavailable, "#{path}: #{response.code}" unless response.is_a?(Net::HTTPOK)

  JSON.parse(response.body)
rescue SystemCallError, SocketError, Timeout::Error => cause
  raise MoorUnavailable, cause.message
end

KEYS = KeySet.new

# The verified claims of the handoff; `data` is asked of the session API if it was too large to travel.
def read_session(request)
  handoff = request["Moor-Session"].to_s
  session = verify(handoff)
  if session.key?("sid") && !session.key?("data")
    session["data"] = ask_moor("/.moor/session", "Authorization" => "Bearer #{handoff}")["attributes"]
  end
  session
end

def verify(handoff)
  decode(handoff)
rescue JWT::VerificationError
  # Moor may have another key under this kid by now.
  KEYS.read_again
  decode(handoff)
end

def decode(handoff)
  JWT.decode(handoff, nil, true, algorithms: ["ES256"], jwks: KEYS, leeway: 5,
             iss: ISSUER, verify_iss: true, aud: AUDIENCE, verify_aud: true, required_claims: ["exp"]).first
end

def basket_of(session)
  session.dig("data", "basket") || {}
end

def patch(response, patch)
  # A header is ASCII: `ascii_only` writes the rest as \u escapes.
  see_basket(response, "Moor-Patch" => JSON.generate(patch, ascii_only: true))
end

def see_basket(response, headers)
  response.status = 303
  response["Location"] = "/"
  headers.each { |name, value| response[name] = value }
end

def serve(request, response, session)
  form = request.query.transform_values { |value| value.dup.force_encoding("UTF-8") }
  case [request.request_method, request.path]
  when ["GET", "/"]
    user = session["sub"] && CGI.unescape(session["sub"])
    response["Content-Type"] = "application/json"
    response.body = JSON.generate(server: "ruby", user: user, basket: basket_of(session))
  when ["POST", "/add"]
    good = form["good"].to_s
    patch(response, basket: { good => basket_of(session).fetch(good, 0) + 1 })
  when ["POST", "/remove"] then patch(response, basket: { form["good"].to_s => nil })
  when ["POST", "/login"] then see_basket(response, "Moor-Principal" => CGI.escape(form.fetch("user")))
  when ["POST", "/logout"] then see_basket(response, "Moor-End" => "1")
  else response.status = 400
  end
end

server = WEBrick::HTTPServer.new(BindAddress: "127.0.0.1", Port: Integer(ENV.fetch("PORT")), AccessLog: [])
server.mount_proc("/") do |request, response|
  serve(request, response, read_session(request))
rescue JWT::DecodeError
  response.status = 403
rescue MoorUnavailable => cause
  server.logger.error("Moor cannot be asked: #{cause.message}")
  response.status = 503
end
trap("TERM") { server.shutdown }
server.start
