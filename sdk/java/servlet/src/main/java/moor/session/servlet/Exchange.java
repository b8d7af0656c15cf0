package moor.session.servlet;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import moor.session.Moor;
import moor.session.MoorException;
import moor.session.MoorSession;

/** A request and its response with the session between them, which is opened on first use. */
public final class Exchange {
    private static final Logger LOG = System.getLogger(Exchange.class.getName());
    private static final String ATTRIBUTE = Exchange.class.getName();
    private static final ThreadLocal<Exchange> CURRENT = new ThreadLocal<>();

    private final Moor moor;
    private final MoorRequest request;
    private final MoorResponse response;
    private final HttpServletResponse raw;
    private final String handoff;
    private final String path;
    private final Opened opened;

    /** What several exchanges of a request share: the session, or the fault that it could not be opened by. */
    private static final class Opened {
        MoorSession session;
        /** The id that the request brought. The application may change the session's id after that. */
        String requestedId;
        MoorException failure;
        /** The session as servlets see it. */
        MoorHttpSession shown;
        boolean isRefused;
    }

    Exchange(Moor moor, HttpServletRequest request, HttpServletResponse response) {
        this(moor, request, response, new Opened());
        request.setAttribute(ATTRIBUTE, this);
    }

    private Exchange(Moor moor, HttpServletRequest request, HttpServletResponse response, Opened opened) {
        this.moor = moor;
        this.opened = opened;
        raw = response;
        handoff = request.getHeader("Moor-Session");
        path = request.getRequestURI();
        this.response = new MoorResponse(response, this);
        this.request = new MoorRequest(request, this);
    }

    /** The exchange of a request, or null if the request did not pass {@link MoorFilter}. */
    public static Exchange of(HttpServletRequest request) {
        return (Exchange) request.getAttribute(ATTRIBUTE);
    }

    /** The exchange of the request that this thread works on, or null. */
    public static Exchange current() {
        return CURRENT.get();
    }

    static void setCurrent(Exchange exchange) {
        if (exchange == null) CURRENT.remove();
        else CURRENT.set(exchange);
    }

    /** The same session, for another request and response of the server. */
    Exchange at(HttpServletRequest request, HttpServletResponse response) {
        return new Exchange(moor, request, response, opened);
    }

    /** The request, whose session is in Moor. */
    public HttpServletRequest request() {
        return request;
    }

    /**
     * The id of the session that the request brought, or null if it brought none.
     *
     * @throws MoorException if the session cannot be read.
     */
    public String requestedId() {
        session();
        return opened.requestedId;
    }

    MoorResponse response() {
        return response;
    }

    /**
     * The session as Moor knows it, for what servlets have no method for: {@link MoorSession#login}.
     *
     * @throws MoorException if it cannot be read. The response then becomes an error, whatever the application does.
     */
    public MoorSession session() {
        synchronized (opened) {
            if (opened.failure != null) throw opened.failure;
            if (opened.session == null) {
                try {
                    opened.session = moor.session(handoff, path);
                    if (!opened.session.isNew()) opened.requestedId = MoorHttpSession.storedId(opened.session);
                } catch (MoorException failure) {
                    opened.failure = failure;
                    throw failure;
                }
            }
            return opened.session;
        }
    }

    /** The session as servlets see it; null if there is none and `create` is false. */
    MoorHttpSession shown(boolean create) {
        synchronized (opened) {
            MoorSession session = session();
            if (opened.shown != null && !opened.shown.isInvalid()) return opened.shown;
            boolean wasInvalidated = opened.shown != null;
            if (!create && (wasInvalidated || session.isNew())) return null;
            opened.shown = new MoorHttpSession(session, request.getServletContext(), session.isNew() || wasInvalidated);
            return opened.shown;
        }
    }

    /**
     * Puts the changes on the headers, before these are sent. Returns false if an error has taken the response's place.
     */
    boolean beforeCommit() {
        synchronized (opened) {
            if (opened.isRefused) return false;
            if (raw.isCommitted()) return true;
            try {
                if (opened.failure != null) throw opened.failure;
                if (opened.session == null) return true;
                if (opened.shown != null) opened.shown.noteCreation();
                opened.session.commit(headerBytes(), this::setHeader);
                return true;
            } catch (MoorException fault) {
                refuse(fault);
                return false;
            }
        }
    }

    /** The bytes of the header lines that the application and other filters have set. A server adds its own later. */
    private long headerBytes() {
        long bytes = 0;
        for (String name : raw.getHeaderNames()) {
            for (String value : raw.getHeaders(name)) bytes += name.length() + ": ".length() + value.length() + "\r\n".length();
        }
        return bytes;
    }

    private void setHeader(String name, String value) {
        if (name.equals("Moor-Patch")) raw.addHeader(name, value);
        else raw.setHeader(name, value);
    }

    /** A change that is not stored is no success: the body of the application is dropped. */
    private void refuse(MoorException fault) {
        opened.isRefused = true;
        LOG.log(Level.ERROR, "the session of " + path + " cannot be used", fault);
        raw.reset();
        raw.setStatus(fault.code().status());
        raw.setHeader("Cache-Control", "no-store");
    }

    boolean isRefused() {
        return opened.isRefused;
    }

    /** The application has answered, and may have changed the session after the headers. */
    void finish() {
        synchronized (opened) {
            if (!raw.isCommitted()) beforeCommit();
            else storeLate();
        }
    }

    /**
     * The application has thrown, and the server answers with headers of its own. Returns true if the response is an error
     * already, because the session cannot be read.
     */
    boolean finishAfter(Throwable fault) {
        synchronized (opened) {
            if (opened.failure != null && !raw.isCommitted()) return !beforeCommit();
            if (!raw.isCommitted()) headersAreGone();
            storeLate();
            return false;
        }
    }

    /** The headers of the response were thrown away, with the changes on them. */
    void headersAreGone() {
        synchronized (opened) {
            if (opened.session != null) opened.session.takeBack();
        }
    }

    private void storeLate() {
        if (opened.session == null || opened.isRefused) return;
        try {
            opened.session.store();
        } catch (MoorException fault) {
            LOG.log(Level.ERROR, "a change after the headers is lost: " + path, fault);
        }
    }
}
