package moor.session.outside;

import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import moor.session.outside.Requests.Open;
import org.springframework.session.Session;

/** A session of a request, for the tests of Spring Session. */
public class OutsideSession implements Session {
    final Open open;

    protected OutsideSession(OutsideRepository.Found found) {
        open = found.open();
    }

    @Override
    public String getId() {
        return open.session.getId();
    }

    @Override
    public String changeSessionId() {
        return open.session.changeSessionId();
    }

    @Override
    public <T> T getAttribute(String name) {
        return open.session.getAttribute(name);
    }

    @Override
    public Set<String> getAttributeNames() {
        Set<String> names = open.session.getAttributeNames();
        names.remove(Requests.FILLING);
        return names;
    }

    @Override
    public void setAttribute(String name, Object value) {
        open.session.setAttribute(name, value);
    }

    @Override
    public void removeAttribute(String name) {
        open.session.removeAttribute(name);
    }

    @Override
    public Instant getCreationTime() {
        return open.session.getCreationTime();
    }

    @Override
    public void setLastAccessedTime(Instant time) {
        open.session.setLastAccessedTime(time);
    }

    @Override
    public Instant getLastAccessedTime() {
        return open.session.getLastAccessedTime();
    }

    @Override
    public void setMaxInactiveInterval(Duration interval) {
        open.session.setMaxInactiveInterval(interval);
    }

    @Override
    public Duration getMaxInactiveInterval() {
        return open.session.getMaxInactiveInterval();
    }

    @Override
    public boolean isExpired() {
        return open.session.isExpired();
    }
}
