package moor.session.spring.adopt;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpSession;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import moor.session.servlet.OldSession;
import moor.session.servlet.OldSessions;
import org.springframework.session.Session;
import org.springframework.session.SessionRepository;

/** The sessions of a repository of Spring Session, in any store. */
final class SpringSessions<S extends Session> implements OldSessions {
    private final SessionRepository<S> repository;
    private final AdoptUsers users;

    SpringSessions(SessionRepository<S> repository, AdoptUsers users) {
        this.repository = repository;
        this.users = users;
    }

    @Override
    public OldSession of(HttpServletRequest request) {
        HttpSession asked = request.getSession(false);
        S session = asked == null ? null : repository.findById(asked.getId());
        return session == null || users.refuses(session) ? null : new Found(session);
    }

    @Override
    public OldSession find(String id) {
        S session = repository.findById(id);
        return session == null ? null : new Found(session);
    }

    private final class Found implements OldSession {
        private final S session;

        Found(S session) {
            this.session = session;
        }

        @Override
        public String id() {
            return session.getId();
        }

        @Override
        public String user() {
            return users.userOf(session);
        }

        @Override
        public Instant createdAt() {
            return session.getCreationTime();
        }

        @Override
        public Duration maxInactive() {
            return session.getMaxInactiveInterval();
        }

        @Override
        public Set<String> names() {
            return session.getAttributeNames();
        }

        @Override
        public Object get(String name) {
            return session.getAttribute(name);
        }

        @Override
        public void set(String name, Object value) {
            session.setAttribute(name, value);
        }

        /** Repositories refuse to save a session that has ended meanwhile. */
        @Override
        public void save() {
            repository.save(session);
        }

        @Override
        public void end() {
            repository.deleteById(session.getId());
        }
    }
}
