package moor.session;

/** Every fault that this library reports. {@link #code()} says which. */
public final class MoorException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** The reason of a fault. The list is closed. */
    public enum Code {
        /** The {@code Moor-Session} header is not a handoff of Moor. */
        HANDOFF_MALFORMED(403),
        /** No key that Moor publishes has signed it with ES256. */
        HANDOFF_UNTRUSTED(403),
        /** Moor signed it, but for another issuer or another pool. */
        HANDOFF_MISDIRECTED(403),
        /** It is outside its lifetime, by more than 15 seconds. */
        HANDOFF_EXPIRED(403),
        /** Moor's public keys cannot be read. */
        KEYS_UNAVAILABLE(503),
        /** The session API did not answer. Whether it did the work is unknown. */
        SESSION_UNAVAILABLE(503),
        /** The session API knows no such session yet. The first change goes with the response. */
        SESSION_NOT_STORED(500),
        /** The session has ended, or has a newer generation than the request. */
        SESSION_OVER(503),
        /** The session API does not take the change. */
        SESSION_REFUSED(500),
        /** The changes are more than a response may carry. */
        CHANGE_TOO_LARGE(500),
        /** An attribute's value cannot be stored, or cannot be read again. */
        VALUE_UNFIT(500),
        /** A principal is 1 to 256 visible ASCII characters. */
        PRINCIPAL_MALFORMED(500);

        private final int status;

        Code(int status) {
            this.status = status;
        }

        /**
         * The HTTP status that fits: 403 for a refused handoff, 503 while Moor does not answer or the session is over, and 500 for a
         * change that cannot be stored.
         */
        public int status() {
            return status;
        }
    }

    private final Code code;

    MoorException(Code code, String message) {
        this(code, message, null);
    }

    MoorException(Code code, String message, Throwable cause) {
        super(message, cause);
        this.code = code;
    }

    public Code code() {
        return code;
    }
}
