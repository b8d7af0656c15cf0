package moor.session.servlet;

import jakarta.servlet.http.HttpServletRequest;

/** The sessions of an application that keeps its sessions by itself. */
public interface OldSessions {
    /** The living session of a request's visitor, or null. It founds none. */
    OldSession of(HttpServletRequest request);

    /** The living session with this id, or null. Its user may be unknown. */
    OldSession find(String id);
}
