package moor.session.servlet;

import jakarta.servlet.ServletContext;
import java.io.Serializable;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.Set;
import moor.session.MoorSession;

/**
 * A session of Moor, as servlets see it. Its id lasts until the application changes it. Moor's configuration decides when it times
 * out: an interval that the application sets has no effect.
 */
final class MoorHttpSession extends ApiSession {
    /** The attribute with the time of creation, in milliseconds since 1970. A name with a dollar belongs to this library. */
    private static final String CREATED = "$created";
    /** The attribute with the id that servlets see. Moor's own id lasts through a rotation, and an id of servlets does not. */
    private static final String ID = "$id";

    private static final Set<String> OWN = Set.of(CREATED, ID);

    private static final int DEFAULT_INTERVAL_SECONDS = 1_800;
    private static final SecureRandom RANDOM = new SecureRandom();

    private final MoorSession session;
    private final ServletContext context;
    private final boolean isNew;
    private final long openedAt = System.currentTimeMillis();
    private int intervalSeconds = DEFAULT_INTERVAL_SECONDS;
    private String id;
    private boolean isInvalid;

    MoorHttpSession(MoorSession session, ServletContext context, boolean isNew) {
        this.session = session;
        this.context = context;
        this.isNew = isNew;
        id = isNew ? randomId() : storedId(session);
    }

    /** The id of a stored session. Another program's session has no id for servlets. */
    static String storedId(MoorSession session) {
        return session.get(ID) instanceof String id ? id : session.id() + "." + session.generation();
    }

    private static String randomId() {
        byte[] bytes = new byte[16];
        RANDOM.nextBytes(bytes);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    /** A new id, and a new generation of the visitor's token. */
    String changeId() {
        requireValid();
        session.rotate();
        id = randomId();
        if (!isNew) session.set(ID, id);
        return id;
    }

    boolean isInvalid() {
        return isInvalid;
    }

    /** A new session with attributes remembers its id and its time of creation. */
    void noteCreation() {
        if (!isNew || isInvalid || session.names().isEmpty()) return;
        session.set(ID, id);
        session.set(CREATED, openedAt);
    }

    @Override
    public String getId() {
        return id;
    }

    @Override
    public boolean isNew() {
        requireValid();
        return isNew;
    }

    @Override
    public long getCreationTime() {
        requireValid();
        return session.get(CREATED) instanceof Number millis ? millis.longValue() : openedAt;
    }

    /** The time of this request, because Moor keeps no other. */
    @Override
    public long getLastAccessedTime() {
        requireValid();
        return openedAt;
    }

    @Override
    public ServletContext getServletContext() {
        return context;
    }

    @Override
    public void setMaxInactiveInterval(int seconds) {
        intervalSeconds = seconds;
    }

    @Override
    public int getMaxInactiveInterval() {
        return intervalSeconds;
    }

    @Override
    public Object getAttribute(String name) {
        requireValid();
        return OWN.contains(name) ? null : session.get(name);
    }

    @Override
    public Enumeration<String> getAttributeNames() {
        requireValid();
        List<String> names = session.names().stream().filter(name -> !OWN.contains(name)).toList();
        return Collections.enumeration(names);
    }

    /** @throws IllegalArgumentException if the value is not serializable, as the servlet API has it for distributed sessions. */
    @Override
    public void setAttribute(String name, Object value) {
        requireValid();
        if (value != null && !(value instanceof Serializable)) {
            throw new IllegalArgumentException(value.getClass().getName() + " is not serializable: attribute " + name);
        }
        if (OWN.contains(name)) throw new IllegalArgumentException("the name " + name + " belongs to the session itself");
        session.set(name, value);
    }

    @Override
    public void removeAttribute(String name) {
        requireValid();
        if (!OWN.contains(name)) session.remove(name);
    }

    @Override
    public void invalidate() {
        requireValid();
        isInvalid = true;
        session.end();
    }

    private void requireValid() {
        if (isInvalid) throw new IllegalStateException("the session has been invalidated");
    }
}
