package moor.session;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import moor.session.MoorException.Code;

/**
 * The session of a request. It records changes, also changes inside a value that {@link #get} returned. The changes leave
 * with the response's headers ({@link #commit}), and Moor commits them before the visitor sees the response. {@link #store}
 * stores later changes. Several threads may use a session.
 *
 * <p>A request without a handoff has an empty session. Its changes are dropped, with a line in the log.
 */
public final class MoorSession {
    private static final Logger LOG = System.getLogger(MoorSession.class.getName());

    /** Null if the request has no handoff. */
    private final Handoff handoff;

    private final SessionApi api;
    private final Attributes attributes;
    private final String path;
    private String principal;
    private boolean isCleared;
    private boolean rotates;
    private boolean isEnded;
    /** Whether headers that have not left yet carry the end. */
    private boolean endIsOnHeaders;
    /** The newest version that a call of the session API has told; 0 before a call. */
    private long version;

    MoorSession(Handoff handoff, SessionApi api, Attributes attributes, String path) {
        this.handoff = handoff;
        this.api = api;
        this.attributes = attributes;
        this.path = path;
    }

    /** The session's id, or null while the session is stored nowhere. It lasts, also through a rotation. */
    public String id() {
        return handoff == null ? null : handoff.id();
    }

    /** Goes up with each login and rotation. */
    public long generation() {
        return handoff == null ? 0 : handoff.generation();
    }

    /** Whether the session is stored nowhere. */
    public boolean isNew() {
        return handoff == null || handoff.isNew();
    }

    /**
     * The id of the user, or null before a login. A rotation keeps it: whether a user is logged in is for an attribute to say.
     */
    public synchronized String principal() {
        String known = principal != null || isCleared || handoff == null ? principal : handoff.principal();
        return known == null ? null : Moor.userOf(known);
    }

    /** How the visitor has logged in at a provider; null unless Moor has logged them in. */
    public ProviderLogin providerLogin() {
        return handoff == null ? null : handoff.providerLogin();
    }

    /**
     * The value of an attribute, or null.
     *
     * @throws MoorException VALUE_UNFIT if a class of the value is missing or refused.
     */
    public synchronized Object get(String name) {
        return attributes.get(name);
    }

    public synchronized Set<String> names() {
        return attributes.names();
    }

    /** Stores a value, which must be {@link java.io.Serializable} down to its last part; null removes the attribute. */
    public synchronized void set(String name, Object value) {
        if (value == null) {
            remove(name);
            return;
        }
        attributes.set(name, value);
        // A session that goes on with new values is rotated, and never ended.
        isEnded = false;
    }

    public synchronized void remove(String name) {
        attributes.remove(name);
    }

    /** Gives the visitor's token a new generation, and keeps the attributes: tokens of before stop working. */
    public synchronized void rotate() {
        rotates = true;
    }

    /** Removes everything, and gives the visitor's token a new generation. */
    public synchronized void clear() {
        attributes.clear();
        principal = null;
        isCleared = true;
        rotates = true;
    }

    /** Ends the session for good. If the request sets a value after that, the session is rotated with that value alone. */
    public synchronized void end() {
        clear();
        isEnded = true;
    }

    /**
     * Makes the session a user's, and gives the visitor's token a new generation. A session of no user keeps its attributes. In
     * a session of another user the attributes of that user are gone. Call it only when credentials have been checked.
     *
     * @throws MoorException PRINCIPAL_MALFORMED for an id of 0 or more than 256 characters, percent-encoded
     */
    public synchronized void login(String user) {
        principal = Moor.principalOf(user);
    }

    /**
     * Puts the changes on the headers of the response. It stores them by the session API if they and the other headers have more
     * than 4 KiB. If it throws, no header was added.
     *
     * @param otherBytes the bytes of the response's other header lines, as far as they are known
     * @param header adds a header
     * @throws MoorException CHANGE_TOO_LARGE, VALUE_UNFIT, SESSION_…: the response must not look like a success
     */
    public synchronized void commit(long otherBytes, BiConsumer<String, String> header) {
        if (handoff == null) {
            dropChanges();
            return;
        }
        if (isEnded) {
            isEnded = false;
            endIsOnHeaders = true;
            attributes.putOnHeaders(Map.of());
            header.accept("Moor-End", "1");
            return;
        }
        Map<String, Object> after = attributes.after();
        List<String> lines = Patches.lines(attributes.changesTo(after));
        // A change by the session API would be applied before the changes that headers carry already.
        boolean byHeaders = id() == null || rotates || principal != null || attributes.areOnHeaders();
        boolean isLarge = otherBytes + Patches.headerBytes(lines) > Patches.HEADER_BYTES;
        if (isLarge && !lines.isEmpty() && !byHeaders) {
            patch(after);
        } else if (Patches.patchBytes(lines) > Patches.PATCH_BYTES) {
            String found = "changes of " + Patches.patchBytes(lines) + " bytes; one response carries " + Patches.PATCH_BYTES;
            throw new MoorException(Code.CHANGE_TOO_LARGE, found);
        } else {
            if (!lines.isEmpty()) attributes.putOnHeaders(after);
            lines.forEach(line -> header.accept("Moor-Patch", line));
        }
        if (principal != null) header.accept("Moor-Principal", principal);
        if (rotates) header.accept("Moor-Rotate", "1");
        if (version > 0) header.accept("Moor-Version", String.valueOf(version));
    }

    /** Takes back the changes that {@link #commit} has put on headers, because the server has thrown these headers away. */
    public synchronized void takeBack() {
        attributes.takeBack();
        isEnded = isEnded || endIsOnHeaders;
        endIsOnHeaders = false;
    }

    /**
     * Stores the changes by the session API, because headers cannot carry them any more.
     *
     * @throws MoorException SESSION_OVER for changes beside a rotation or a login; VALUE_UNFIT, SESSION_…
     */
    public synchronized void store() {
        if (handoff == null) {
            dropChanges();
            return;
        }
        if (isEnded) {
            isEnded = false;
            attributes.sent(Map.of());
            api.end();
            return;
        }
        Map<String, Object> after = attributes.after();
        if (attributes.changesTo(after).isEmpty()) return;
        if (rotates || principal != null) {
            // The handoff is of the generation before, which may be in a stranger's hands.
            throw new MoorException(Code.SESSION_OVER, "only headers carry changes beside a rotation or a login");
        }
        patch(after);
    }

    private void patch(Map<String, Object> after) {
        version = api.patch(attributes.changesTo(after).get(0)).version();
        attributes.sent(after);
    }

    private void dropChanges() {
        if (names().isEmpty() && principal == null) return;
        LOG.log(Level.WARNING, "a session''s change is dropped: the request has no handoff: {0}", path);
        attributes.clear();
        principal = null;
    }
}
