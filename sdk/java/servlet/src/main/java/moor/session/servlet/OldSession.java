package moor.session.servlet;

import java.time.Duration;
import java.time.Instant;
import java.util.Set;

/** A living session of an application that keeps its sessions by itself. */
public interface OldSession {
    /** Its id. It lasts until the application changes it. */
    String id();

    /** The user who is logged in, or null. A user whom the application would refuse is not logged in. */
    String user();

    Instant createdAt();

    /** How long the session lives after its last use. Zero or less: it never ends by itself. */
    Duration maxInactive();

    Set<String> names();

    Object get(String name);

    /** @param value null removes the attribute */
    void set(String name, Object value);

    /** Stores the changes, only if the session still exists: a logout that has come meanwhile must not be undone. */
    void save();

    void end();
}
