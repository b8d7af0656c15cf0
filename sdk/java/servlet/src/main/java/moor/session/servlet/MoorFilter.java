package moor.session.servlet;

import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.FilterConfig;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import moor.session.Moor;
import moor.session.Settings;

/**
 * Gives the requests of a web application the sessions that Moor keeps: {@code request.getSession()} is the visitor's session,
 * and its changes leave with the response. Put it before the other filters, for the dispatchers REQUEST, ASYNC and ERROR, and
 * let it support asynchronous requests.
 *
 * <p>Its settings are those of {@link Settings#from}: init parameters of the filter, or else variables of the environment.
 *
 * <p>If the session that the application asked for cannot be read or stored, the response becomes an error: 403, 500 or 503.
 */
public class MoorFilter implements Filter {
    private static final List<String> NAMES = List.of("MOOR_ISSUER", "MOOR_AUDIENCE", "MOOR_URL", "MOOR_CLASSES");

    private Moor moor;

    /** A filter that {@link #init} gives its settings. */
    public MoorFilter() {}

    /** A filter with this Moor. */
    public MoorFilter(Moor moor) {
        this.moor = moor;
    }

    @Override
    public void init(FilterConfig config) {
        if (moor != null) return;
        Map<String, String> settings = new HashMap<>();
        for (String name : NAMES) {
            String parameter = config.getInitParameter(name);
            String value = parameter == null ? System.getenv(name) : parameter;
            if (value != null) settings.put(name, value);
        }
        moor = new Moor(Settings.from(settings));
    }

    @Override
    public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        if (!(request instanceof HttpServletRequest asked) || !(response instanceof HttpServletResponse answer)) {
            chain.doFilter(request, response);
            return;
        }
        Exchange known = Exchange.of(asked);
        if (known == null) {
            follow(new Exchange(moor, asked, answer), chain);
        } else if (asked.getDispatcherType() == DispatcherType.ERROR) {
            // The server calls the page of an error with its own request and response.
            follow(known.at(asked, answer), chain);
        } else if (asked.getDispatcherType() == DispatcherType.ASYNC) {
            finishAfter(known, () -> chain.doFilter(request, response));
        } else {
            chain.doFilter(request, response);
        }
    }

    private static void follow(Exchange exchange, FilterChain chain) throws IOException, ServletException {
        finishAfter(exchange, () -> chain.doFilter(exchange.request(), exchange.response()));
    }

    private interface Work {
        void run() throws IOException, ServletException;
    }

    private static void finishAfter(Exchange exchange, Work work) throws IOException, ServletException {
        Exchange before = Exchange.current();
        Exchange.setCurrent(exchange);
        try {
            work.run();
            if (!exchange.request().isAsyncStarted()) exchange.finish();
        } catch (IOException | ServletException | RuntimeException | Error fault) {
            if (!exchange.finishAfter(fault)) throw fault;
        } finally {
            Exchange.setCurrent(before);
        }
    }
}
