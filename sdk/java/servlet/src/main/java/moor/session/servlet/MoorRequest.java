package moor.session.servlet;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpSession;

/** A request whose session is in Moor. */
final class MoorRequest extends HttpServletRequestWrapper {
    private final Exchange exchange;

    MoorRequest(HttpServletRequest request, Exchange exchange) {
        super(request);
        this.exchange = exchange;
    }

    @Override
    public HttpSession getSession() {
        return getSession(true);
    }

    @Override
    public HttpSession getSession(boolean create) {
        return exchange.shown(create);
    }

    @Override
    public String changeSessionId() {
        MoorHttpSession session = exchange.shown(false);
        if (session == null) throw new IllegalStateException("the request has no session");
        return session.changeId();
    }

    /** Moor's token brings the session: for the application it is as good as a cookie. */
    @Override
    public boolean isRequestedSessionIdFromCookie() {
        return getRequestedSessionId() != null;
    }

    @Override
    public boolean isRequestedSessionIdFromURL() {
        return false;
    }

    @Override
    public boolean isRequestedSessionIdValid() {
        return getRequestedSessionId() != null && exchange.shown(false) != null;
    }

    @Override
    public String getRequestedSessionId() {
        return exchange.requestedId();
    }

    /** The container has checked the credentials. */
    @Override
    public void login(String user, String password) throws ServletException {
        super.login(user, password);
        exchange.session().login(user);
    }

    // Without arguments, a container would hand the unwrapped response to the application.
    @Override
    public AsyncContext startAsync() {
        return startAsync(this, exchange.response());
    }

    @Override
    public AsyncContext startAsync(ServletRequest request, ServletResponse response) {
        AsyncContext context = super.startAsync(request, response);
        context.addListener(new Finish(exchange));
        return new MoorAsyncContext(context, exchange);
    }

    @Override
    public AsyncContext getAsyncContext() {
        return new MoorAsyncContext(super.getAsyncContext(), exchange);
    }

    private record Finish(Exchange exchange) implements AsyncListener {
        @Override
        public void onComplete(AsyncEvent event) {
            exchange.finish();
        }

        @Override
        public void onTimeout(AsyncEvent event) {}

        @Override
        public void onError(AsyncEvent event) {}

        @Override
        public void onStartAsync(AsyncEvent event) {
            event.getAsyncContext().addListener(this);
        }
    }
}
