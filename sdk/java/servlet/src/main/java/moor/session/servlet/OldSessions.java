package moor.session.servlet;

import jakarta.servlet.http.HttpServletRequest;

/** The sessions of an application that keeps its sessions by itself. */
public interface OldSessions {
    /** The living session of a request's visitor, or null. It founds none. */
    OldSession of(HttpServletRequest request);

    /** The user who is logged in, or null. A user whom the application would refuse is not logged in. */
    String userOf(HttpServletRequest request);

    /** The living session with this id, or null. */
    OldSession find(String id);
}
