package moor.session.servlet;

import jakarta.servlet.http.HttpSession;
import jakarta.servlet.http.HttpSessionActivationListener;
import jakarta.servlet.http.HttpSessionBindingEvent;
import jakarta.servlet.http.HttpSessionBindingListener;
import jakarta.servlet.http.HttpSessionEvent;
import java.io.Serializable;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A session of the server that Moor was told of. Servlets cannot find a session by its id, so this server remembers the sessions that it
 * told, by an attribute in each. It forgets them when they end, and remembers them again when it reads them from its disk.
 */
final class ToldSession implements OldSession {
    private static final String MARK = "moor.told";
    private static final Map<String, HttpSession> TOLD = new ConcurrentHashMap<>();

    private final HttpSession session;
    /** Null also if the session was found by its id: a server knows the users of requests alone. */
    private final String user;

    private ToldSession(HttpSession session, String user) {
        this.session = session;
        this.user = user;
    }

    static ToldSession of(HttpSession session, String user) {
        String id = idOf(session);
        // A login has given the session another id.
        if (!(session.getAttribute(MARK) instanceof Mark mark) || !mark.id.equals(id)) session.setAttribute(MARK, new Mark(id));
        TOLD.put(id, session);
        return new ToldSession(session, user);
    }

    static ToldSession find(String id) {
        HttpSession session = TOLD.get(id);
        try {
            // A login gives a session another id, by which Moor does not know it.
            if (session != null && idOf(session).equals(id) && session.getAttribute(MARK) != null) {
                return new ToldSession(session, null);
            }
        } catch (IllegalStateException hasEnded) {
            TOLD.remove(id, session);
        }
        return null;
    }

    /** The id without the name of the server, which changes when another server takes the session over. */
    private static String idOf(HttpSession session) {
        return session.getId().replaceFirst("\\..*", "");
    }

    @Override
    public String id() {
        return idOf(session);
    }

    @Override
    public String user() {
        return user;
    }

    @Override
    public Instant createdAt() {
        return Instant.ofEpochMilli(session.getCreationTime());
    }

    @Override
    public Duration maxInactive() {
        return Duration.ofSeconds(session.getMaxInactiveInterval());
    }

    @Override
    public Set<String> names() {
        Set<String> names = new TreeSet<>(Collections.list(session.getAttributeNames()));
        names.remove(MARK);
        return names;
    }

    @Override
    public Object get(String name) {
        return session.getAttribute(name);
    }

    @Override
    public void set(String name, Object value) {
        session.setAttribute(name, value);
    }

    /** The server has the changes already. */
    @Override
    public void save() {}

    @Override
    public void end() {
        session.invalidate();
    }

    private static final class Mark implements HttpSessionBindingListener, HttpSessionActivationListener, Serializable {
        private static final long serialVersionUID = 1;

        private final String id;

        Mark(String id) {
            this.id = id;
        }

        @Override
        public void valueUnbound(HttpSessionBindingEvent event) {
            TOLD.remove(id);
        }

        @Override
        public void sessionDidActivate(HttpSessionEvent event) {
            TOLD.put(id, event.getSession());
        }
    }
}
