package moor.session.spring;

import jakarta.servlet.http.HttpSession;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Set;
import moor.session.servlet.Exchange;
import org.springframework.session.Session;

/**
 * A session of Moor, as Spring Session sees it. Its changes are recorded at once, and leave with the response. Moor's
 * configuration decides when it times out.
 */
public final class MoorSpringSession implements Session {
    private final Exchange exchange;
    private final HttpSession session;
    private boolean hasNewId;

    MoorSpringSession(Exchange exchange, HttpSession session) {
        this.exchange = exchange;
        this.session = session;
    }

    @Override
    public String getId() {
        return session.getId();
    }

    @Override
    public String changeSessionId() {
        hasNewId = true;
        return exchange.request().changeSessionId();
    }

    /** Whether the request has given the session another id, as Spring Security does when a user has logged in. */
    boolean hasNewId() {
        return hasNewId;
    }

    Exchange exchange() {
        return exchange;
    }

    HttpSession session() {
        return session;
    }

    @Override
    @SuppressWarnings("unchecked")
    public <T> T getAttribute(String name) {
        return (T) session.getAttribute(name);
    }

    @Override
    public Set<String> getAttributeNames() {
        return new LinkedHashSet<>(Collections.list(session.getAttributeNames()));
    }

    @Override
    public void setAttribute(String name, Object value) {
        session.setAttribute(name, value);
    }

    @Override
    public void removeAttribute(String name) {
        session.removeAttribute(name);
    }

    @Override
    public Instant getCreationTime() {
        return Instant.ofEpochMilli(session.getCreationTime());
    }

    @Override
    public void setLastAccessedTime(Instant time) {
        // Moor notes the use of a session by itself.
    }

    @Override
    public Instant getLastAccessedTime() {
        return Instant.ofEpochMilli(session.getLastAccessedTime());
    }

    @Override
    public void setMaxInactiveInterval(Duration interval) {
        session.setMaxInactiveInterval((int) interval.toSeconds());
    }

    @Override
    public Duration getMaxInactiveInterval() {
        return Duration.ofSeconds(session.getMaxInactiveInterval());
    }

    /** Moor hands over no session that has expired. */
    @Override
    public boolean isExpired() {
        return false;
    }
}
