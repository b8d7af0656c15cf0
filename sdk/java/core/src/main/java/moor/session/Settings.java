package moor.session;

import java.io.ObjectInputFilter;
import java.net.URI;
import java.util.Map;

/**
 * Where Moor is, and which pool this server belongs to.
 *
 * @param issuer Moor's {@code MOOR_ISSUER}, an http or https URL
 * @param audience the id of this server's pool
 * @param url where this server reaches Moor, for the keys and the session API
 * @param classes decides which classes stored values may have
 */
public record Settings(String issuer, String audience, String url, ObjectInputFilter classes) {
    /** Bounds that no session within Moor's limits exceeds. They hold in addition to the names of classes. */
    private static final String BOUNDS = "maxdepth=200;maxrefs=200000;maxarray=2000000;";

    /** @throws IllegalArgumentException if a value is out of its bounds. */
    public Settings {
        requireUrl("issuer", issuer);
        requireUrl("url", url);
        if (audience == null || audience.isEmpty()) {
            throw new IllegalArgumentException("the audience must be the id of a pool (MOOR_AUDIENCE)");
        }
        url = url.replaceAll("/+$", "");
    }

    /**
     * Reads {@code MOOR_ISSUER}, {@code MOOR_AUDIENCE}, {@code MOOR_URL} (default: the issuer) and {@code MOOR_CLASSES}: a
     * pattern of {@link ObjectInputFilter.Config#createFilter} for the classes of stored values, as in
     * {@code com.example.**;java.base/*;!*}. Default: every class.
     *
     * @throws IllegalArgumentException if a value is out of its bounds.
     */
    public static Settings from(Map<String, String> variables) {
        String issuer = variables.get("MOOR_ISSUER");
        return new Settings(
                issuer,
                variables.get("MOOR_AUDIENCE"),
                variables.getOrDefault("MOOR_URL", issuer),
                filter(variables.get("MOOR_CLASSES")));
    }

    /** @param classes see {@link #from}; null: every class. */
    static ObjectInputFilter filter(String classes) {
        return ObjectInputFilter.Config.createFilter(BOUNDS + (classes == null ? "*" : classes));
    }

    private static void requireUrl(String name, String value) {
        URI uri = value == null ? URI.create("") : URI.create(value);
        boolean isHttp = "http".equalsIgnoreCase(uri.getScheme()) || "https".equalsIgnoreCase(uri.getScheme());
        if (!isHttp || uri.getHost() == null) {
            throw new IllegalArgumentException("the " + name + " must be an http or https URL, not " + value);
        }
    }
}
