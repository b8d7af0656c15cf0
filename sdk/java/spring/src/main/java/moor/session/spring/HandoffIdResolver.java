package moor.session.spring;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.List;
import moor.session.servlet.Exchange;
import org.springframework.session.web.http.HttpSessionIdResolver;

/** The id of a session comes with the handoff, and Moor's token carries it to the client. */
final class HandoffIdResolver implements HttpSessionIdResolver {
    @Override
    public List<String> resolveSessionIds(HttpServletRequest request) {
        Exchange exchange = Exchange.of(request);
        String id = exchange == null ? null : exchange.requestedId();
        return id == null ? List.of() : List.of(id);
    }

    @Override
    public void setSessionId(HttpServletRequest request, HttpServletResponse response, String id) {
        // Moor writes the token of a session that it stores.
    }

    @Override
    public void expireSession(HttpServletRequest request, HttpServletResponse response) {
        // Moor clears the token of a session that has ended.
    }
}
