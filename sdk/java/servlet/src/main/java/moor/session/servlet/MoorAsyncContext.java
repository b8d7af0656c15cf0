package moor.session.servlet;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;

/** Puts the changes on the headers before an asynchronous response is complete. Jetty tells its listeners after that. */
final class MoorAsyncContext implements AsyncContext {
    private final AsyncContext target;
    private final Exchange exchange;

    MoorAsyncContext(AsyncContext target, Exchange exchange) {
        this.target = target;
        this.exchange = exchange;
    }

    @Override
    public void complete() {
        exchange.finish();
        target.complete();
    }

    @Override
    public ServletRequest getRequest() {
        return target.getRequest();
    }

    @Override
    public ServletResponse getResponse() {
        return target.getResponse();
    }

    @Override
    public boolean hasOriginalRequestAndResponse() {
        return target.hasOriginalRequestAndResponse();
    }

    @Override
    public void dispatch() {
        target.dispatch();
    }

    @Override
    public void dispatch(String path) {
        target.dispatch(path);
    }

    @Override
    public void dispatch(ServletContext context, String path) {
        target.dispatch(context, path);
    }

    @Override
    public void start(Runnable work) {
        target.start(work);
    }

    @Override
    public void addListener(AsyncListener listener) {
        target.addListener(listener);
    }

    @Override
    public void addListener(AsyncListener listener, ServletRequest request, ServletResponse response) {
        target.addListener(listener, request, response);
    }

    @Override
    public <T extends AsyncListener> T createListener(Class<T> type) throws ServletException {
        return target.createListener(type);
    }

    @Override
    public void setTimeout(long milliseconds) {
        target.setTimeout(milliseconds);
    }

    @Override
    public long getTimeout() {
        return target.getTimeout();
    }
}
