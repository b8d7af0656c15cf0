package moor.session;

import java.lang.System.Logger.Level;
import java.util.Optional;

/** The values in a session of an application that keeps its sessions by itself, as attributes of Moor. */
public final class OldValues {
    private static final System.Logger LOG = System.getLogger(OldValues.class.getName());

    private final Values values;

    /** @param classes a pattern for the classes that come back, as {@code MOOR_CLASSES} in {@link Settings#from}; null: every class */
    public OldValues(String classes) {
        values = new Values(Settings.filter(classes));
    }

    /** The attribute for a value. Empty: there is no value, or it is not serializable, so it stays where it is; the log names it. */
    public Optional<Object> encode(String name, Object value) {
        try {
            return Optional.ofNullable(value).map(values::encode);
        } catch (MoorException unfit) {
            LOG.log(Level.WARNING, "the value {0} of the session stays here: {1}", name, unfit.getMessage());
            return Optional.empty();
        }
    }

    /** The value for an attribute. Empty: the attribute stands for null, or its class is missing or refused; the log names it. */
    public Optional<Object> decode(String name, Object attribute) {
        try {
            return Optional.ofNullable(values.decode(attribute));
        } catch (MoorException unfit) {
            LOG.log(Level.WARNING, "the attribute {0} cannot come back: {1}", name, unfit.getMessage());
            return Optional.empty();
        }
    }

    /** The principal for a user: each byte that is not visible ASCII, and each "%", is percent-encoded. */
    public static String principalOf(String user) {
        return Moor.principalOf(user);
    }
}
