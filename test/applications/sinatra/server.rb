# frozen_string_literal: true

# A notebook on Sinatra (Debian: ruby-sinatra, puma), with rack-protection's tokens of forms, and a message that is shown once.

require "moor/session"
require "rack/protection"
require "sinatra/base"

# Keeps a visitor's notes in their session.
class Notebook < Sinatra::Base
  set :server, :puma
  set :bind, "127.0.0.1"
  set :port, Integer(ENV.fetch("PORT"))
  set :environment, :production
  enable :sessions
  set :session_store, Moor::SessionStore
  set :protection, use: :authenticity_token

  get("/health") { "" }

  get "/" do
    redirect to("/login") unless session[:user]
    lines = [session.delete(:message), *session[:notes]].compact.map { |line| Rack::Utils.escape_html(line) }
    forms = form("/notes", '<input name="note">') + form("/logout", '<input type="hidden" name="leave">')
    "<h1>Notes of #{Rack::Utils.escape_html(session[:user])}</h1>#{lines.join("<br>")}#{forms}"
  end

  get("/login") { form("/login", '<input name="user">') }

  post "/login" do
    session.options[:renew] = true
    session[:user] = params.fetch("user")
    redirect to("/")
  end

  post "/notes" do
    halt 403 unless session[:user]
    session[:notes] = [*session[:notes], params.fetch("note")]
    session[:message] = "The note is stored."
    redirect to("/")
  end

  post "/logout" do
    session.destroy
    redirect to("/login")
  end

  def form(path, fields)
    token = Rack::Protection::AuthenticityToken.token(session)
    %(<form method="post" action="#{to(path)}"><input type="hidden" name="authenticity_token" value="#{token}">#{fields}</form>)
  end
end

Notebook.run!
