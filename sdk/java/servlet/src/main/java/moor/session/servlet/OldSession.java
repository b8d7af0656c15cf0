package moor.session.servlet;

import java.time.Instant;
import java.util.Set;

/** A living session of an application that keeps its sessions by itself. */
public interface OldSession {
    /** Its id. It lasts until the application changes it. */
    String id();

    Instant createdAt();

    /** When the session ends by itself, if nobody uses it. */
    Instant expiresAt();

    Set<String> names();

    Object get(String name);

    void set(String name, Object value);

    void remove(String name);

    /** Stores the changes, only if the session still exists. */
    void save();

    void end();
}
